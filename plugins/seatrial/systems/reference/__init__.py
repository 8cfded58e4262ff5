"""The reference system: a small multi-provider AI gateway, healthy by default, with a catalogue of defects.

    python -m seatrial.systems.reference --port 8000 [--defect NAME]... [--upstream primary=URL]...

It speaks OpenAI's chat protocol, and answers from a deterministic model of its own unless it is given
upstream providers. One concern, one file:

    app, endpoints/         what is served where          gateway         one chat request from end to end
    chat_request, body      what was asked, checked       errors, sse     what goes over the wire
    router, visit, retry    which provider, how often     providers/      built-in and HTTP
    breaker, bulkhead       who is left alone, who waits  state/          conversations and accepted work
    ratelimit, auth         who may ask, how often        model, tokenizer, schema   the built-in model
    response_cache, remote_cache, cache, collapse         what need not be made again
    audit, masking, logs, metrics, progress  what is told about it       defects*, herd   what may be broken
"""
