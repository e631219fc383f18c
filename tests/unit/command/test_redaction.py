"""Users, passwords and signatures of addresses are in no text that is shown or kept."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.command.parameters import build_params
from jobs.command.program import circumstances
from jobs.errors import ConfigError, DeliveryMissing
from jobs.redaction import redacted, redacted_values
from jobs.storage.objects import StorageParams
from tests.builds import build_config, write_partner
from tests.commands import ROOT

SECRETS = [
    ("s3://AKIA7:sec/ret+key@bucket/甲", "s3://***@bucket/甲"),
    ("https://user:p@ss@host:8080/x?a=1", "https://***@host:8080/x?a=1"),
    ("见https://用户:密码@例子.cn/路径。", "见https://***@例子.cn/路径。"),
    ("redis://:secret@h", "redis://***@h"),
    ("https://secret@h/x", "https://***@h/x"),
    (
        "https://h/甲?X-Amz-Algorithm=AWS4&X-Amz-Credential=AK%2F1&X-Amz-Signature=secret&y=2",
        "https://h/甲?X-Amz-Algorithm=***&X-Amz-Credential=***&X-Amz-Signature=***&y=2",
    ),
    ("https://h/?sv=2&sig=secret#甲", "https://h/?sv=2&sig=***#甲"),
    ("https://h/?OSSAccessKeyId=k&Signature=secret", "https://h/?OSSAccessKeyId=***&Signature=***"),
    ("https://h/?q-ak=a&q-signature=secret", "https://h/?q-ak=***&q-signature=***"),
    ("(https://h/?access_token=secret 乙)", "(https://h/?access_token=*** 乙)"),
    ("'http://h/?a=b;password=secret'", "'http://h/?a=b;password=***'"),
    ("https://h/cb#access_token=secret&y=2", "https://h/cb#access_token=***&y=2"),
    ("https://h/x?jwt=secret", "https://h/x?jwt=***"),
]
QUOTED_AGAIN = [
    "cannot list s3://AKIA7:sec/ret+key@bucket: invalid bucket name 'AKIA7:sec/ret+key@bucket'",
    "'file://u:secret@h/甲' matches no file: '/data' holds no 'u:secret@h'",
    "https://h/?token=secret123 failed: no host takes 'secret123'",
    "ftp://:secret@h: password secret is wrong",
]
PLAIN = [
    "s3://bucket/partner=gov/甲@2023.jsonl",
    "https://h:8080/@me",
    "https://weibo.com/@人民日报",
    "写信到 a@b.cn，见 https://b.cn/x",
    "/data/part?key=1/*.jsonl",
    "https://h/?monkey=1&page=2",
]


@pytest.mark.parametrize(("given", "shown"), SECRETS)
def test_secrets_are_taken_out(given: str, shown: str) -> None:
    assert redacted(given) == shown
    assert redacted(shown) == shown
    error = pickle.loads(pickle.dumps(DeliveryMissing(f"'{given}' matches no file")))
    assert "secret" not in str(error)
    assert redacted_values({"partners": {"甲": [given, 1]}}) == {"partners": {"甲": [shown, 1]}}


@pytest.mark.parametrize("given", QUOTED_AGAIN)
def test_what_a_library_quotes_of_an_address_is_taken_out_with_it(given: str) -> None:
    """It leaves out where the address begins, by which secrets are known."""
    shown = redacted(given)
    assert "sec" not in shown.replace("***", "")
    assert redacted(shown) == shown


@pytest.mark.parametrize("given", PLAIN)
def test_what_is_no_secret_stays(given: str) -> None:
    assert redacted(given) == given


@pytest.mark.parametrize("given", ["a://b:", "a://", "@", "a://x@", "?token=", "见a.b-"])
def test_long_texts_take_time_in_proportion(given: str) -> None:
    assert redacted(given * 50_000)


@pytest.mark.parametrize("key", ["root", "endpoint_url"])
def test_storage_takes_no_credentials(key: str) -> None:
    given = {"root": "s3://b", "endpoint_url": None, "region": None}
    with pytest.raises(
        ConfigError, match=r"holds a user.*credentials in the environment"
    ) as caught:
        StorageParams(**{**given, key: "s3://AKIA:hunter2@bucket"})
    assert "hunter2" not in str(caught.value)


def test_no_record_of_a_build_holds_the_secret(tmp_path: Path) -> None:
    address = "https://u:hunter2@h/甲?X-Amz-Signature=hunter2"
    lines = (f"deliveries: '{address}'", "format: jsonl", f"licence: '{address}'", "priority: 1")
    write_partner(tmp_path, "gov", "\n".join([*lines, f"metadata: {{甲: ['{address}']}}"]))
    given = ("partners=[gov]", "compute.address=ray://u:hunter2@h:1", f"quality.model={address}")
    config = build_config(tmp_path, tmp_path / "r", *given)
    assert "hunter2" in repr(config)
    assert "hunter2" not in repr(circumstances(config))
    config.quality.model = None
    (partner,) = build_params(config).partners
    assert "hunter2" not in repr((partner.licence, partner.metadata))


def test_no_word_of_a_program_holds_the_secret() -> None:
    for words in (
        ["releases", "storage.root=s3://AKIA:hunter2@bucket/x"],
        ["train_quality", "positive=https://h/?X-Amz-Signature=hunter2", "negative=b", "out=c"],
        ["releases", "storage.root=/x", "storage.endpoint_url=https://u:hunter2@h"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", f"jobs.{words[0]}", *words[1:]],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode
        assert "hunter2" not in done.stdout + done.stderr
