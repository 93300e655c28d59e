"""A real OSTree of the tests' own: a repository, a sysroot, and commits of a small system."""

from __future__ import annotations

import base64
import shutil
import subprocess
from pathlib import Path
from typing import Dict

import pytest

BRANCH, STATEROOT = "starlingx", "debian"
STATUS = "Package: {}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {}\n"


class Tree:
    """A sysroot below ``path``; ``ostree`` finds it by its environment, as on a machine."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path = path
        self.sysroot = path / "sysroot"
        self.repo = self.sysroot / "ostree" / "repo"
        self.sysroot.mkdir()
        monkeypatch.setenv("OSTREE_SYSROOT", str(self.sysroot))
        monkeypatch.setenv("OSTREE_REPO", str(self.repo))
        self.run("admin", "init-fs", str(self.sysroot))
        # There is nothing here that could boot it.
        self.run("config", "set", "sysroot.bootloader", "none")
        self.run("admin", "os-init", STATEROOT)

    def run(self, *argv: str) -> str:
        found = subprocess.run(
            ("ostree", *argv), check=True, capture_output=True, text=True, cwd=self.path
        )
        return found.stdout.strip()

    def commit(self, number: str, **packages: str) -> str:
        """Commit a system of that number, with these packages; return the commit."""
        root = self.path / f"tree-{number}"
        modules = root / "usr" / "lib" / "modules" / f"6.12.{number}"
        database = root / "usr" / "share" / "dpkg" / "database"
        for folder in (modules, root / "usr" / "etc", database):
            folder.mkdir(parents=True)
        for folder in ("var", "dev", "proc", "sys", "run", "boot", "sysroot"):
            (root / folder).mkdir()
        (modules / "vmlinuz").write_text(f"kernel {number}")
        (modules / "initramfs.img").write_text(f"initramfs {number}")
        (root / "usr" / "etc" / "os-release").write_text("ID=debian\n")
        (root / "usr" / "lib" / "os-release").write_text("ID=debian\n")
        (root / "usr" / "lib" / "tool").write_text(f"tool {number}")
        stanzas = (STATUS.format(name, version) for name, version in packages.items())
        (database / "status").write_text("\n".join(stanzas))
        version = f"24.09.{number}"
        return self.run(
            *("commit", f"--branch={BRANCH}", f"--tree=dir={root}"),
            *(f"--add-metadata-string=version={version}", "-s", f"Release {version}"),
        )

    def deploy(self, commit: str) -> None:
        self.run("admin", "deploy", f"--os={STATEROOT}", commit)

    def break_one(self, words: str) -> None:
        """Delete the object that a file of these words is kept in."""
        for path in self.repo.glob("objects/*/*.file"):
            if path.is_file() and not path.is_symlink() and path.read_text() == words:
                path.unlink()
                return
        raise AssertionError(f"no object holds {words!r}")

    def known(self) -> Dict[str, str]:
        """Return each commit deployed by its index."""
        lines = [line.split() for line in self.run("admin", "status").splitlines()]
        found = [words[1].partition(".")[0] for words in lines if words[0] == STATEROOT]
        return dict(zip(map(str, range(len(found))), found))

    def carry_signature(self, of: str, to: str) -> None:
        """Put the detached metadata of a commit beside another, as a forger would."""
        kept = [self._object(one, "commitmeta") for one in (of, to)]
        shutil.copyfile(*kept)

    def sign(self, commit: str, *signatures: bytes) -> None:
        """Put ed25519 signatures beside a commit, as an ostree that can make them would.

        In GVariant's form of ``a{sv}``: one entry, its name, and ``aay`` with where each one ends.
        """
        name = b"ostree.sign.ed25519\0"
        ends = [len(b"".join(signatures[: at + 1])) for at in range(len(signatures))]
        value = b"".join(signatures) + bytes(ends) + b"\0aay"
        entry = name.ljust(24, b"\0") + value + bytes([len(name)])
        path = self._object(commit, "commitmeta")
        path.write_bytes(entry + bytes([len(entry)]))

    def commit_bytes(self, commit: str) -> bytes:
        """Return what a commit is made of, as it is signed."""
        return self._object(commit, "commit").read_bytes()

    def damage(self, commit: str) -> None:
        """Change a byte of a commit's own object."""
        path, raw = self._object(commit, "commit"), bytearray(self.commit_bytes(commit))
        raw[-1] ^= 1
        path.chmod(0o644)
        path.write_bytes(raw)

    def trust(self, sort: str, *keys: bytes) -> None:
        """Have the machine trust these ed25519 keys, or (``revoked``) no more."""
        folder = self.sysroot / "etc" / "ostree" / f"{sort}.ed25519.d"
        folder.mkdir(parents=True, exist_ok=True)
        lines = [base64.b64encode(key).decode() for key in keys]
        (folder / "vendor").write_text("\n".join(["no key at all", *lines]) + "\n")

    def _object(self, commit: str, sort: str) -> Path:
        return self.repo / "objects" / commit[:2] / f"{commit[2:]}.{sort}"


class Signer:
    """Somebody with a key of GPG, made for the test, and kept below ``home``."""

    def __init__(self, home: Path) -> None:
        self.home = home
        home.mkdir(mode=0o700)

    def __enter__(self) -> Signer:
        self._run("gpg", "--quick-gen-key", "Release <release@example.com>", "rsa2048", "sign")
        listed = self._run("gpg", "--list-keys", "--with-colons").decode()
        (self.key,) = (line.split(":")[9] for line in listed.splitlines() if line[:3] == "fpr")
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run(("gpgconf", "--homedir", str(self.home), "--kill", "all"), check=True)

    def sign(self, tree: Tree, commit: str) -> None:
        tree.run("gpg-sign", f"--gpg-homedir={self.home}", commit, self.key)

    def trusted_by(self, tree: Tree) -> None:
        """Let the repository have the key, as one that it pulls by."""
        public = self.home / "public.gpg"
        public.write_bytes(self._run("gpg", "--export"))
        tree.run("remote", "add", "--set=gpg-verify=true", "vendor", "file:///nowhere")
        tree.run("remote", "gpg-import", f"--keyring={public}", "vendor")

    def _run(self, *argv: str) -> bytes:
        told = (argv[0], "--homedir", str(self.home), "--batch", "--quiet", "--passphrase", "")
        found = subprocess.run((*told, *argv[1:]), check=True, capture_output=True)
        return found.stdout
