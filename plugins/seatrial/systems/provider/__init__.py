"""The reference provider: a small OpenAI-compatible upstream that keeps account of what it generates.

python -m seatrial.systems.provider --port 9001

POST /v1/chat/completions   answers of the built-in model, streamed or not; honours Idempotency-Key
GET  /v1/models, /health
GET  /counters              what was generated and billed; DELETE begins anew
"""
