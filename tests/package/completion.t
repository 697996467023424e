#!/usr/bin/env python3
"""Real shells, bash and zsh, complete the options of every program and the options' values. TAP on standard output.

Each shell runs on its own terminal. The shell's own keys complete the typed text, and a key of the test writes the line
to a file, so no terminal output is parsed. The expected options come from --help, and the expected words are the words
that a user would want.
"""
import os
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tests/golden"))
import help_text  # noqa: E402

BUILD = Path(os.environ.get("BUILD", "build")).resolve()
COMPLETION = ROOT / "contrib/completion"
PROGRAMS = (COMPLETION / "_anomdetect").read_text().split("\n")[0].split()[1:]
WAIT = 60  # seconds to wait for one key, on a busy machine
TAB, ALL, LINE = "\t", "\x18a", "\x18l"  # complete; insert all completions; write the line to a file

BASH = """
PS1='> ' PS2= HISTFILE=
bind 'set enable-bracketed-paste off' 'set completion-query-items 0' 2>/dev/null
bind 'set completion-query-items 0'
bind '"\\C-xa": insert-completions'
line() {{ printf "%s\\n" "$READLINE_LINE" >"$TOLD.new"; mv "$TOLD.new" "$TOLD"; READLINE_LINE=; READLINE_POINT=0; }}
bind -x '"\\C-xl": line'
{load}
"""
ZSH = """
PS1='> ' HISTFILE=
unsetopt zle_bracketed_paste
fpath=({completion} $fpath)
autoload -Uz compinit && compinit -u -d "$HOME/dump"
zle -C every complete-word _generic
zstyle ':completion:every:*' completer _all_matches _complete
zstyle ':completion:every:*' insert true
bindkey '^Xa' every
line() {{ print -r -- "$BUFFER" >$TOLD.new; mv $TOLD.new $TOLD; BUFFER= }}
zle -N line
bindkey '^Xl' line
"""

results = []


def check(promise, got, wanted):
    results.append(got == wanted)
    print(f"{'ok' if got == wanted else 'not ok'} {len(results)} - {promise}", flush=True)
    if got != wanted:
        print(f"#   got:    {got!r}\n#   wanted: {wanted!r}", flush=True)


class Shell:
    """An interactive shell on its own terminal, in its own directory."""

    def __init__(self, argv, rc, home):
        self.told = Path(home) / "told"
        env = {"PATH": f"{home}/bin:/usr/bin:/bin", "HOME": home, "TERM": "dumb", "LC_ALL": "C", "TOLD": str(self.told)}
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(home)
            os.execvpe(argv[0], argv, env)
        (Path(home) / "rc").write_text(rc)
        self.type(". ./rc; echo ready >$TOLD\n")
        self.wait()

    def type(self, text):
        os.write(self.fd, text.encode())

    def wait(self):
        """The line that the shell wrote, or None if no line arrives."""
        end = time.monotonic() + WAIT
        while not self.told.exists():
            if select.select([self.fd], [], [], 0.02)[0]:
                try:
                    os.read(self.fd, 65536)  # so that the terminal never fills
                except OSError:
                    return None
            if time.monotonic() > end:
                return None
        text = self.told.read_text()
        self.told.unlink()
        return text.removesuffix("\n")

    def line(self, typed, key=TAB):
        """The line after a key has been pressed."""
        self.type(typed + key + LINE)
        return self.wait()

    def words(self, typed):
        """All completions of the last word, as a set, without a = at the end."""
        line = self.line(typed, ALL) or ""
        return {word.rstrip("=,") for word in line[len(typed) - len(typed.split(" ")[-1]):].split()}

    def close(self):
        os.close(self.fd)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def place_of(program):
    """The program's path. Filters are not built, so they are in contrib."""
    return next((path for path in (BUILD / program, ROOT / "contrib" / program) if path.exists()), None)


def options_of(program):
    out = subprocess.run([place_of(program), "--help"], env={"LC_ALL": "C"}, text=True, capture_output=True).stdout
    return {"--" + name for name in help_text.options_of(out)}


def try_options(name, shell):
    for program in PROGRAMS:
        check(f"{name}: the completed options of {program} are the options of --help", shell.words(f"{program} --"), options_of(program))
    check(f"{name}: a missing program has no completions", shell.words("anomdetect-not --"), {"--"})
    check(f"{name}: a program named by its path has completions", shell.words("bin/anomdetect --req"), {"--requests-floor"})
    check(f"{name}: a program in the home directory has completions", shell.words("~/bin/anomdetect -b --req"), {"--requests-floor"})


def try_values(name, shell):
    def takes(typed, *wanted):
        check(f"{name}: the values after '{typed}' are completed", shell.words(typed), set(wanted))

    formats = "auto combined counts generic nginx apache haproxy caddy traefik envoy kong apisix ecs pino fluentbit".split()
    events = "start baseline alert recovered ban unban error stop".split()
    takes("anomdetect --format ", *formats)
    takes("anomdetect -f ", *formats)
    takes("anomdetect -e ", *events)
    takes("anomdetect --events alert,ba", "alert,ban", "alert,baseline")
    takes("anomdetect --rule ", "auto", "none")
    takes("anomban --rule ", "auto", "none")
    takes("anomdetect --tz Eu", "Europe/Berlin")
    takes("anomdetect --user roo", "root")
    takes("anomdetect --state-group ad", "adm")
    takes("anomstat --color a", "auto", "always")
    for typed in ("anomdetect --severe ", "anomban --unban "):
        check(f"{name}: {typed}has no completions", shell.line(typed), typed)


def try_files(name, shell):
    def becomes(typed, wanted):
        check(f"{name}: '{typed}' is completed to '{wanted}'", (shell.line(typed) or "").rstrip(" "), wanted)

    for option in ("anomdetect --state", "anomdetect -s", "anomdetect --config", "anomdetect -c", "anomstat -s"):
        becomes(f"{option} lis", f"{option} list.json")
    becomes("anomdetect --state=lis", "anomdetect --state=list.json")
    becomes("anomdetect --state c:", "anomdetect --state c:drive")
    becomes("anomdetect --state a\\ di", "anomdetect --state a\\ dir/")
    becomes("anomdetect --state a\\ dir/in", "anomdetect --state a\\ dir/inside")
    becomes("anomdetect -b <lis", "anomdetect -b <list.json")
    becomes("anomdetect -b 2> lis", "anomdetect -b 2> list.json")
    for option in ("anomdetect --allow", "anomdetect --trust-proxy", "anomban --allow"):
        becomes(f"{option} ", f"{option} @")
        becomes(f"{option} @lis", f"{option} @list.json")
        becomes(f"{option}=@lis", f"{option}=@list.json")
        check(f"{name}: {option} lis: no file is completed without @", shell.line(f"{option} lis"), f"{option} lis")
    becomes("anom-allow lis", "anom-allow list.json")
    becomes("anom-allow -o a\\ dir/in", "anom-allow -o a\\ dir/inside")
    becomes("anomdetect --allow @a\\ dir/in", "anomdetect --allow @a\\ dir/inside")
    becomes("anomdetect --format=ngi", "anomdetect --format=nginx")
    becomes("anomdetect --rule=no", "anomdetect --rule=none")


def home_of(tmp, name):
    """Makes a home directory with the programs in bin, and a few files."""
    home = Path(tmp) / name
    (home / "bin").mkdir(parents=True)
    for program in PROGRAMS:
        (home / "bin" / program).symlink_to(place_of(program))
    (home / "a dir").mkdir()
    for file in ("list.json", "c:drive", "a dir/inside"):
        (home / file).touch()
    return str(home)


def main():
    missing = [program for program in PROGRAMS if not place_of(program)]
    if missing:
        sys.exit(f"Bail out! {missing[0]} is not built")
    named = re.search(r"^complete -F _anomdetect (.*)", (COMPLETION / "anomdetect.bash").read_text(), flags=re.M)
    check("bash and zsh complete the same programs", named[1].split(), PROGRAMS)
    shells = {"bash": (["bash", "--norc", "-i"], BASH.format(load=f". {COMPLETION}/anomdetect.bash")),
              "zsh": (["zsh", "-f", "-i"], ZSH.format(completion=COMPLETION))}
    with tempfile.TemporaryDirectory(prefix="anomdetect-completion.") as tmp:
        for name, (argv, rc) in shells.items():
            shell = Shell(argv, rc, home_of(tmp, name))
            try_options(name, shell)
            try_values(name, shell)
            try_files(name, shell)
            shell.close()
    print(f"1..{len(results)}")
    return 0 if all(results) else 1


sys.exit(main())
