"""`tunesmith completion bash|zsh|fish`: a script that completes commands, groups, choices, keys and files in a shell."""

import sys
from collections.abc import Mapping, Sequence

from tunesmith.commands.pages import PAGES
from tunesmith.configuration.completion import files, of_config
from tunesmith.errors import UserError

# Each script asks `tunesmith completion words SHELL WORD...`, whose last word is the one to complete, for a line per completion.
_BASH = r"""# tunesmith in bash: eval "$(tunesmith completion bash)", in ~/.bashrc to keep it
_tunesmith() {
    local line="${COMP_LINE:0:COMP_POINT}" current start="" part sign candidate
    local -a words
    read -a words <<< "$line"
    [[ "$line" == *[[:space:]] ]] && words+=("")
    current="${words[${#words[@]}-1]}"
    # bash replaces only what stands behind the last = or :, unless COMP_WORDBREAKS says otherwise.
    for sign in = :; do
        if [[ "$COMP_WORDBREAKS" == *"$sign"* && "$current" == *"$sign"* ]]; then
            part="${current%"${current##*"$sign"}"}"
            (( ${#part} > ${#start} )) && start="$part"
        fi
    done
    COMPREPLY=()
    while IFS= read -r candidate; do
        COMPREPLY+=("${candidate#"$start"}")
    done < <("${words[0]}" completion words bash "${words[@]:1}" 2>/dev/null)
}
complete -o nospace -F _tunesmith tunesmith
"""
_ZSH = r"""#compdef tunesmith
# tunesmith in zsh: eval "$(tunesmith completion zsh)" behind compinit, in ~/.zshrc to keep it
_tunesmith() {
    local -a open complete
    local candidate
    while IFS= read -r candidate; do
        if [[ "$candidate" == *' ' ]]; then complete+=("${candidate% }"); else open+=("$candidate"); fi
    done < <("${words[1]}" completion words zsh "${(@Q)words[2,CURRENT]}" 2>/dev/null)
    (( ${#open} )) && compadd -S '' -- "${open[@]}"
    (( ${#complete} )) && compadd -- "${complete[@]}"
}
compdef _tunesmith tunesmith
"""
_FISH = r"""# tunesmith in fish: tunesmith completion fish > ~/.config/fish/completions/tunesmith.fish
function __tunesmith_complete
    set -l words (commandline -opc) (commandline -ct)
    $words[1] completion words fish $words[2..-1] 2>/dev/null | string trim --right
end
complete -c tunesmith -f -a '(__tunesmith_complete)'
"""
SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}
_SPECIAL = frozenset(" \t'\"\\$`&;|<>()*?!#{}")  # characters that bash needs a backslash before
_OPEN = ("=", "/", ".", ",")  # a completion that ends so goes on


def run(arguments: list[str]) -> int:
    """Print a shell's script; or the completions of a line, for such a script."""
    if arguments[:1] == ["words"] and len(arguments) > 2:
        for word in completions(arguments[2:]):
            shown = (
                "".join(f"\\{sign}" if sign in _SPECIAL else sign for sign in word) if arguments[1] == "bash" else word
            )
            goes_on = word.endswith(_OPEN) or ("=[" in word and "]" not in word)
            sys.stdout.write(f"{shown}{'' if goes_on else ' '}\n")
        return 0
    if len(arguments) != 1 or arguments[0] not in SCRIPTS:
        received = " ".join(arguments) or "nothing"
        raise UserError(f"completion is for bash, zsh or fish; received {received}: tunesmith completion bash")
    sys.stdout.write(SCRIPTS[arguments[0]])
    return 0


def completions(words: Sequence[str]) -> list[str]:
    """What the last word may become.

    Args:
        words: behind `tunesmith`.
    """
    command, current = words[0], words[-1]
    if len(words) == 1:
        return [name for name in PAGES if name.startswith(current)]
    if command in ("train", "check", "list"):
        return of_config(words[1:], listed=command == "list")
    if command == "completion":
        return [name for name in SCRIPTS if name.startswith(current)]
    if command not in PAGES:
        return []
    return _of_page(PAGES[command].keys, words[1:])


def _of_page(documented: Mapping[str, str], words: Sequence[str]) -> list[str]:
    """Completions for the keys of a command's page: `run=DIR` takes a folder, `weights=true` true or false."""
    current = words[-1]
    forms = {key.partition("=")[0]: key.partition("=")[2] for key in documented if "=" in key}
    key, equals, value = current.partition("=")
    if not equals:
        names = [f"{name}=" for name in forms if name not in ("key", "dataset") and name.startswith(current)]
        takes_places = any(name.isupper() for name in documented)
        return [*names, *(files(current, folders_only=False) if takes_places else ())]
    if forms.get(key) in ("true", "false"):
        return [f"{key}={word}" for word in ("true", "false") if word.startswith(value)]
    if forms.get(key) in ("DIR", "FILE"):
        return [f"{key}={name}" for name in files(value, folders_only=forms[key] == "DIR")]
    return of_config(words)
