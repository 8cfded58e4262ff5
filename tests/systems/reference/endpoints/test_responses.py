from __future__ import annotations

from pathlib import Path

from tests.systems.reference.asgi import Client, run
from tests.systems.reference.state.keeping import keeper


def test_an_answer_is_kept_and_is_the_same_after_a_crash(tmp_path: Path) -> None:
    async def main() -> None:
        async with keeper(tmp_path) as client:
            told = (await client.ask()).json
            assert (told["object"], told["status"], told["error"]) == ("response", "completed", None)
            message = told["output"][0]
            assert (message["type"], message["role"]) == ("message", "assistant")
            assert message["content"][0]["type"] == "output_text"
            usage = told["usage"]
            assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"] > 0
        async with keeper(tmp_path) as client:
            assert (await client.get(f"responses/{told['id']}")).json == told

    run(main)


def test_it_says_what_chat_says(tmp_path: Path) -> None:
    async def main() -> None:
        async with keeper(tmp_path) as client:
            reply = (await client.ask("Where is my lamp?")).json
            assert reply["output"][0]["content"][0]["text"] == (await client.chat("Where is my lamp?")).text

    run(main)


def test_it_goes_on_from_an_earlier_one(tmp_path: Path) -> None:
    async def main() -> None:
        async with keeper(tmp_path) as client:
            first = (await client.ask()).json
            alone = (await client.ask("And then?")).json
            later = (await client.ask("And then?", previous_response_id=first["id"])).json
            assert later["previous_response_id"] == first["id"]
            assert later["usage"]["input_tokens"] > alone["usage"]["input_tokens"]
            assert (await client.ask(previous_response_id="resp_none")).status == 404

    run(main)


def test_what_shall_not_be_stored_is_not(tmp_path: Path) -> None:
    async def main() -> None:
        async with keeper(tmp_path) as client:
            told = (await client.ask(store=False)).json
            assert told["output"]
            assert (await client.get(f"responses/{told['id']}")).status == 404
        assert (tmp_path / "state.ndjson").read_bytes() == b""

    run(main)


def test_the_same_idempotency_key_is_the_same_response(tmp_path: Path) -> None:
    async def main() -> None:
        async with keeper(tmp_path) as client:
            body = {"model": "small", "input": "Work", "background": True}
            one, again, other = [
                (await client.post("responses", {"idempotency-key": key}, **body)).json["id"] for key in "aab"
            ]
        assert one == again != other

    run(main)


def test_an_unknown_model_and_an_unknown_response_are_404(tmp_path: Path) -> None:
    async def main() -> None:
        async with keeper(tmp_path) as client:
            assert (await client.post("responses", model="none", input="a")).status == 404
            assert (await client.get("responses/none")).json["error"]["code"] == "response_not_found"
            assert (await client.get("responses/none", key=None)).status == 401

    run(main)


def test_a_gateway_that_keeps_nothing_serves_none_of_it_and_says_so(tmp_path: Path) -> None:
    async def main() -> None:
        bare = Client()
        assert (await bare.call("POST", "/v1/responses", b"{}")).status == 404
        assert (await bare.call("GET", "/version")).json["state"] == {}
        async with keeper(tmp_path) as client:
            told = (await client.call("GET", "/version")).json["state"]
            assert told == {"conversations": 0, "work": 0}

    run(main)
