"""Chromium without a window for the tests, unpacked from the distribution's own packages."""

import os
import platform
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.support.debian_packages import SUITE, TRIPLES, fetch, relink, run, unpack_packages

WANTED = ("chromium-headless-shell", "fonts-dejavu-core", "patchelf")
# Half of what apt-get would install: drivers of graphics cards, and programs that only a desktop calls.
DISPENSABLE = (
    *(
        "debconf",
        "libdrm-amdgpu",
        "libdrm-intel",
        "libgl1",
        "libglx",
        "libllvm",
        "libpciaccess",
        "libperl",
        "libsensors",
    ),
    *("libvulkan", "libz3", "mesa-", "perl", "sensible-utils", "x11-", "xdg-utils"),
)
PROGRAM = "usr/lib/chromium/chromium-headless-shell"
CRASH_HANDLER = "usr/lib/chromium/chrome_crashpad_handler"
# A test's pages are the project's own, and what it asks of other hosts is a fault.
ARGUMENTS = ("--disable-gpu", "--disable-quic")
FONTS = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{root}/usr/share/fonts</dir><cachedir>{root}/fonts-cache</cachedir></fontconfig>
"""


@contextmanager
def chromium() -> Generator[Browser]:
    """Run a browser, downloaded on first use; it has its own fonts, so that text is as wide on every machine.

    Raises:
        RuntimeError: a package cannot be downloaded or unpacked.
    """
    root = fetch(f"chromium-{SUITE}", "Chromium (130 MB)", _unpack)
    libraries = root / "usr/lib" / TRIPLES[platform.machine()]
    own = {"FONTCONFIG_FILE": str(root / "fonts.conf"), "LD_LIBRARY_PATH": str(libraries / "pulseaudio")}
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=root / PROGRAM, args=ARGUMENTS, chromium_sandbox=False, env={**os.environ, **own}
        )
        try:
            yield browser
        finally:
            browser.close()


def _unpack(root: Path) -> None:
    unpack_packages(root, _needed)
    relink(root, [root / PROGRAM, root / CRASH_HANDLER])
    (root / "fonts.conf").write_text(FONTS.format(root=root))


def _needed(options: list[str]) -> list[str]:
    """Return the packages that apt-get would install on an empty machine, without those that no test needs."""
    planned = run(("apt-get", *options, "-qq", "--no-install-recommends", "--simulate", "install", *WANTED))
    return [name for name in _installed(planned) if not name.startswith(DISPENSABLE)]


def _installed(planned: str) -> Iterator[str]:
    for line in planned.splitlines():
        if line.startswith("Inst "):
            yield line.split()[1]
