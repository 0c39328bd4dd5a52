"""`nc completion`: scripts that let a shell ask `answers` at each press of Tab.

They call `nccodec`, never `nc`, which may be netcat at another time and would take the words for a host.
"""

from enum import Enum
from typing import Annotated

import typer

from .answers import ASKED, FILES, FOLDERS, NOTHING
from .streams import tell

# Of bash 3.2, which macOS has, `compopt` is not known: there files stand in for nothing.
_BASH = f"""\
_nccodec() {{
    local kind value help
    COMPREPLY=()
    {{
        read -r kind
        while IFS=$'\\t' read -r value help; do COMPREPLY+=("$value"); done
    }} < <({ASKED}=1 nccodec "${{COMP_WORDS[@]:1:COMP_CWORD}}" 2>/dev/null)
    case $kind in
        {NOTHING}) compopt +o default ;;
        {FOLDERS}) compopt +o default -o dirnames ;;
    esac 2>/dev/null
}}
complete -o default -F _nccodec NAMES
"""

# Of use by `eval` and as a file _nccodec in $fpath, whose first call is the completion itself.
_ZSH = f"""\
#compdef NAMES
_nccodec() {{
    local kind value help
    local -a found
    {{
        read -r kind
        while IFS=$'\\t' read -r value help; do found+=("${{value//:/\\\\:}}${{help:+:$help}}"); done
    }} < <({ASKED}=1 nccodec "${{(@Q)words[2,CURRENT-1]}}" "${{(Q)PREFIX}}" 2>/dev/null)
    (( $#found )) && _describe nccodec found
    [[ $PREFIX == --*=* ]] && compset -P '*='
    case $kind in
        {FILES}) _files ;;
        {FOLDERS}) _files -/ ;;
    esac
}}
if [[ $funcstack[1] == _nccodec ]]; then
    _nccodec "$@"
else
    compdef _nccodec NAMES
fi
"""

_FISH = f"""\
function __nccodec_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    set -l found (env {ASKED}=1 nccodec $words[2..-1] "$word" 2>/dev/null)
    set -l option (string match -r -- '^--[^=]*=' "$word"; or echo '')
    set -l rest (string replace -- "$option" '' "$word")
    switch "$found[1]"
        case {FILES}
            printf '%s\\n' $option(__fish_complete_path "$rest")
        case {FOLDERS}
            printf '%s\\n' $option(__fish_complete_directories "$rest" '')
    end
    printf '%s\\n' $found[2..-1]
end
for name in NAMES
    complete -c $name -f -a '(__nccodec_complete)'
end
"""


class Shell(str, Enum):
    """Shells whose completion is known."""

    bash = "bash"
    zsh = "zsh"
    fish = "fish"


_SCRIPTS = {Shell.bash: _BASH, Shell.zsh: _ZSH, Shell.fish: _FISH}


def command(
    context: typer.Context,
    shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="The shell to print it for.")],
) -> None:
    """Print what lets a shell complete commands, options, names and files.

    In ~/.bashrc: eval "$(nc completion bash)"

    In ~/.zshrc, after compinit: eval "$(nc completion zsh)"

    In ~/.config/fish/config.fish: nc completion fish | source
    """
    called = context.find_root().info_name
    names = "nccodec" if called == "nccodec" else "nc nccodec"  # who says nccodec may have netcat's nc
    tell(_SCRIPTS[shell].replace("NAMES", names).rstrip("\n"))
