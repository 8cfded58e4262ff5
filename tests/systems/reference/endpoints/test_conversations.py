from __future__ import annotations

from pathlib import Path

from tests.systems.reference.asgi import run
from tests.systems.reference.state.keeping import keeper

HELLO = {"type": "message", "role": "user", "content": "Hello"}


def test_a_conversation_grows_and_is_there_after_a_crash(tmp_path: Path) -> None:
    async def main() -> None:
        async with keeper(tmp_path) as client:
            told = (await client.post("conversations", items=[HELLO], metadata={"topic": "lamps"})).json
            path = f"conversations/{told['id']}"
            added = (await client.post(f"{path}/items", items=[HELLO, HELLO])).json
            assert len(added["data"]) == 2
            answer = (await client.ask("And then?", conversation=told["id"])).json
            listed = (await client.get(f"{path}/items")).json
        async with keeper(tmp_path) as client:
            assert (await client.get(path)).json == told
            assert (await client.get(f"{path}/items")).json == listed
        assert [item["role"] for item in listed["data"]] == ["user", "user", "user", "user", "assistant"]
        assert listed["data"][-1]["content"][0]["text"] == answer["output"][0]["content"][0]["text"]
        assert listed["first_id"] != listed["last_id"]

    run(main)


def test_what_is_wrong_or_not_there_is_told(tmp_path: Path) -> None:
    async def main() -> None:
        async with keeper(tmp_path) as client:
            name = (await client.post("conversations")).json["id"]
            assert (await client.get(f"conversations/{name}/items")).json["data"] == []
            assert (await client.post(f"conversations/{name}/items", items=[])).status == 400
            assert (await client.get("conversations/none")).status == 404
            assert (await client.post("conversations/none/items", items=[HELLO])).status == 404
            assert (await client.ask(conversation="none")).status == 404

    run(main)
