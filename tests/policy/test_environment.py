# ruff: noqa: E501 - texts stand as people read them
"""References to the environment."""

from __future__ import annotations

import pytest

from seatrial.policy.effective import digest
from seatrial.policy.environment import is_secret
from seatrial.policy.secret import Secret
from tests.policy.conftest import Load, Refused

KEY = ("model: small}", 'model: small, apiKey: "${env:BOT_KEY}"}')


def test_a_key_becomes_a_secret(load: Load) -> None:
    loaded = load(KEY, environ={"BOT_KEY": "canary-7f3a"})
    key = loaded.target().apiKey
    assert isinstance(key, Secret)
    assert key.reveal() == "canary-7f3a"
    assert [secret.reveal() for secret in loaded.secrets] == ["canary-7f3a"]


def test_a_missing_variable_is_named_with_the_nearest(refused: Refused) -> None:
    assert refused(KEY, environ={"BOTKEY": "x"}) == [
        "policy.yaml:6 spec.targets[0].apiKey: the environment variable 'BOT_KEY' is not set, did you mean 'BOTKEY'?\n"
        "  export BOT_KEY=... and run again"
    ]
    assert "'BOT_KEY' is empty" in refused(KEY, environ={"BOT_KEY": ""})[0]


def test_references_inside_a_text(load: Load) -> None:
    loaded = load(
        ("http://127.0.0.1:8000/v1", "${env:SCHEME}://${env:HOST}/v1?key=${env:QUERY}"),
        ("model: small}", 'model: "${env:MODEL}", headers: {X-Key: "Bearer ${env:TOKEN}", X-Plain: hi}}'),
        environ={"SCHEME": "https", "HOST": "h", "QUERY": "canary-q", "MODEL": "m", "TOKEN": "canary-t"},
    )
    target = loaded.target()
    assert (target.uri, target.model) == ("https://h/v1?key=canary-q", "m")
    header = target.headers["X-Key"]
    assert isinstance(header, Secret)
    assert header.reveal() == "Bearer canary-t"
    assert target.headers["X-Plain"] == "hi"
    assert sorted(secret.reveal() for secret in loaded.secrets) == ["canary-q", "canary-t"]


def test_a_body_template_may_hold_a_secret(load: Load) -> None:
    http = 'http: {answer: $.a, body: {q: "{{prompt}}", key: "${env:K}"}}'
    changes = (("openai-chat", "http-json"), ("model: small}", http + "}"), ("stream: true", "stream: false"))
    loaded = load(*changes, environ={"K": "canary-b"})
    assert loaded.target().http is not None
    assert loaded.target().http.body == {"q": "{{prompt}}", "key": "canary-b"}  # type: ignore[union-attr]
    assert loaded.redact("canary-b") == "[redacted]"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "target: 99%",
            'target: "${env:LIMIT}"',
            "policy.yaml:11 spec.objectives[0].target: a reference to the environment may stand in targets, and in addresses of dependencies and signals, alone\n"
            "  a limit that the environment can change is not fixed by the policy's digest",
        ),
        (
            "model: small",
            'model: "${BOT_MODEL}"',
            "policy.yaml:6 spec.targets[0].model: '${BOT_MODEL}' is no reference to the environment\n"
            "  write ${env:NAME}",
        ),
        (
            "{name: bot",
            '{name: "${env:NAME}"',
            "policy.yaml:6 spec.targets[0].name: a name cannot come from the environment",
        ),
    ],
)
def test_where_a_reference_must_not_stand(refused: Refused, old: str, new: str, said: str) -> None:
    assert said in refused((old, new), environ={"LIMIT": "1%", "NAME": "bot"})


def test_a_secret_never_shows_in_an_error(refused: Refused) -> None:
    uri = ("http://127.0.0.1:8000/v1", "ftp://h/?key=${env:QUERY}")
    told = refused(
        uri,
        ("model: small", 'headers: {"bad name": "${env:T}"}'),
        environ={"QUERY": "canary-q", "T": "canary-t"},
    )
    assert len(told) == 2
    assert "canary" not in "\n".join(told)


def test_nothing_is_looked_up_where_nothing_is_sent(load: Load) -> None:
    loaded = load(KEY, ("http://127.0.0.1:8000/v1", "${env:URL}"), trial=False)
    assert loaded.target().uri == "${env:URL}"
    assert loaded.target().apiKey is not None


DEPENDENCY = ("  traffic:\n", '''  dependencies:
    - {name: primary, listen: "127.0.0.1:${env:PORT}", upstream: "${env:UPSTREAM}"}
  traffic:
''')  # fmt: skip


def test_addresses_of_dependencies_may_come_from_the_environment(load: Load) -> None:
    loaded = load(DEPENDENCY, environ={"PORT": "9101", "UPSTREAM": "127.0.0.1:9001"})
    (dependency,) = loaded.spec.dependencies
    assert (dependency.listen, dependency.upstream) == ("127.0.0.1:9101", "127.0.0.1:9001")
    assert loaded.secrets == ()
    other = load(DEPENDENCY, environ={"PORT": "1", "UPSTREAM": "https://api.example.com"})
    assert digest(loaded) == digest(other) == digest(load(DEPENDENCY, trial=False))


def test_addresses_that_the_environment_gets_wrong(refused: Refused) -> None:
    environ = {"PORT": "9101", "UPSTREAM": "127.0.0.1:9101"}
    assert "would call itself" in refused(DEPENDENCY, environ=environ)[0]
    assert "is no address" in refused(DEPENDENCY, environ={**environ, "PORT": "many"})[0]
    (missing,) = refused(DEPENDENCY, environ={"PORT": "9101"})
    assert "'UPSTREAM' is not set" in missing


def test_a_name_of_a_dependency_may_not(refused: Refused) -> None:
    named = ("name: primary", 'name: "${env:NAME}"')
    told = refused(DEPENDENCY, named, environ={"PORT": "1", "UPSTREAM": ":2", "NAME": "x"})
    assert "may stand in targets, and in addresses of dependencies and signals, alone" in told[0]


@pytest.mark.parametrize(
    ("path", "secret"),
    [
        (("spec", "targets", 0, "apiKey"), True),
        (("spec", "targets", 0, "headers", "X"), True),
        (("spec", "targets", 0, "http", "headers", "X"), True),
        (("spec", "targets", 0, "http", "body", "k"), True),
        (("spec", "targets", 0, "uri"), False),
        (("spec", "traffic", 0, "headers"), False),
    ],
)
def test_which_fields_are_secret(path: tuple[str | int, ...], secret: bool) -> None:
    assert is_secret(path) is secret
