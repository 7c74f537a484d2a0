# Completion of weir(1) for bash. It offers what 'weir --help' and 'weir COMMAND --help' list, so it is never behind.

# Options of a command, one a line: "  -r [ --read ] PATH..." has two.
_weir_options() {
  "$1" "$2" --help 2>/dev/null | sed -n 's/^  \(-.*\)/\1/p' | grep -oE '^(-[a-zA-Z] \[ --[a-z-]+|--[a-z-]+)' | tr -d '[' | tr ' ' '\n' | grep -e -
}

_weir() {
  local current="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}"
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    mapfile -t COMPREPLY < <(compgen -W "$("$1" --help 2>/dev/null | sed -n 's/^  \([a-z][a-z-]*\)  .*/\1/p') --help --version" -- "$current")
    return
  fi
  case "$before" in
    -i | --interface) mapfile -t COMPREPLY < <(compgen -W "$(ls /sys/class/net 2>/dev/null) any" -- "$current"); return ;;
    -k | --checksums) mapfile -t COMPREPLY < <(compgen -W "all none auto" -- "$current"); return ;;
    --user) mapfile -t COMPREPLY < <(compgen -u -- "$current"); return ;;
    --group) mapfile -t COMPREPLY < <(compgen -g -- "$current"); return ;;
  esac
  if [[ "$current" == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_weir_options "$1" "${COMP_WORDS[1]}")" -- "$current")
  elif [ "${COMP_WORDS[1]}" = keywords ]; then
    mapfile -t COMPREPLY < <(compgen -W "$("$1" keywords 2>/dev/null | sed 's,[: ].*,,')" -- "$current")
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  fi
}
complete -o filenames -F _weir weir
