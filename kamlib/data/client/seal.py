"""Seals the answer key with a code: a Fernet token under a key that Scrypt stretches; the same code and content, the same file."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import unicodedata
from base64 import urlsafe_b64encode
from pathlib import Path

from kamlib.checks import KamError

SEAL_NAME = "answer_key.sealed"
FORMAT = "kamlib sealed answer key 1"
SHORTEST_CODE = 8
WORK = {"n": 2**15, "r": 8, "p": 1}  # a seventh of a second and 32 MB for each guess
SALT_BYTES = IV_BYTES = 16
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is read two ways


def new_code() -> str:
    """Make up a code of sixteen letters and digits, about 79 bits.

    Returns
    -------
    str
        In groups of four.

    Examples
    --------
    >>> len(new_code()), new_code() == new_code()
    (19, False)
    """
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))


def sealed(text: str, *, code: str, public: bytes) -> str:
    """Seal a text.

    Parameters
    ----------
    text : str
    code : str
        At least eight characters; blanks around it do not count.
    public : bytes
        What lies beside the seal for everybody to read: it salts the code, so that two clients share no work of guessing.

    Returns
    -------
    str
        JSON; the same for the same text, code and `public`.

    Raises
    ------
    KamError
        ``KAM-X07``: the code is too short.

    Notes
    -----
    A Fernet token, written by its specification because the library draws a new initial vector each time: here it is an HMAC of
    the text under the stretched key, which says nothing about the text and repeats only where the text does.

    Examples
    --------
    >>> unsealed(sealed("nobody knows", code="birds-of-a-feather", public=b""), code="birds-of-a-feather")
    'nobody knows'
    """
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.padding import PKCS7

    salt = hashlib.sha256(public).digest()[:SALT_BYTES]
    key = _stretched(code, salt)
    iv = hmac.digest(key, text.encode(), "sha256")[:IV_BYTES]
    padder = PKCS7(algorithms.AES.block_size).padder()
    encryptor = Cipher(algorithms.AES(key[16:]), modes.CBC(iv)).encryptor()
    hidden = encryptor.update(padder.update(text.encode()) + padder.finalize()) + encryptor.finalize()
    body = b"\x80" + bytes(8) + iv + hidden
    token = urlsafe_b64encode(body + hmac.digest(key[:16], body, "sha256")).decode()
    file = {"format": FORMAT, "salt": salt.hex(), "sha256": _checksum(token), "token": token}
    return json.dumps(file, indent=1) + "\n"


def unsealed(content: str, *, code: str) -> str:
    """Open what was sealed.

    Parameters
    ----------
    content : str
        The file's text.
    code : str

    Returns
    -------
    str

    Raises
    ------
    KamError
        ``KAM-X07``: the code does not open it. ``KAM-X08``: it is damaged, or no seal.
    """
    from cryptography.fernet import Fernet, InvalidToken

    salt, token = _parts(content)
    try:
        key = urlsafe_b64encode(_stretched(code, salt))
        return Fernet(key).decrypt(token.encode()).decode()
    except InvalidToken:
        why = "is not the code with which this key was sealed"
        raise KamError("KAM-X07", why, "copy it from where `kam client new` printed it, hyphens included", file=SEAL_NAME) from None


def open_seal(folder: str | Path, *, code: str) -> str:
    """Open the seal of a client's folder.

    Parameters
    ----------
    folder : str or Path
    code : str

    Returns
    -------
    str

    Raises
    ------
    KamError
        As `unsealed`; ``KAM-X08`` also where there is no seal.
    """
    path = Path(folder) / SEAL_NAME
    try:
        content = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise _damaged() from None
    except FileNotFoundError:
        fix = "name the folder that `kam client new` made"
        raise KamError("KAM-X08", f"has no {SEAL_NAME}", fix, file=Path(folder).name) from None
    return unsealed(content, code=code)


def _parts(content: str) -> tuple[bytes, str]:
    try:
        file = json.loads(content)
        salt, token = bytes.fromhex(file["salt"]), file["token"]
        is_whole = file["format"] == FORMAT and len(salt) == SALT_BYTES and file["sha256"] == _checksum(token)
    except (ValueError, KeyError, TypeError, AttributeError):
        is_whole = False
    if not is_whole:
        raise _damaged()
    return salt, token


def _damaged() -> KamError:
    return KamError("KAM-X08", "is damaged or no sealed key", "take the file again from the folder as it was handed out", file=SEAL_NAME)


def _stretched(code: str, salt: bytes) -> bytes:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    code = unicodedata.normalize("NFKC", code).strip()
    if len(code) < SHORTEST_CODE:
        why = f"is too short: a code has at least {SHORTEST_CODE} characters"
        raise KamError("KAM-X07", why, "take a longer one, or leave --code out and one is made up", value="*" * len(code))
    return Scrypt(salt=salt, length=32, **WORK).derive(code.encode())


def _checksum(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
