# Completion of weir(1) for fish. It offers what 'weir --help' and 'weir COMMAND --help' list, so it is never behind.

function __weir_command
    set -l words (commandline -opc)
    test (count $words) -ge 2; and echo $words[2]
end

function __weir_commands
    weir --help 2>/dev/null | string replace -rf '^  ([a-z][a-z-]*)  +(.*)' '$1\t$2'
end

function __weir_options
    set -l command (__weir_command); or return
    weir $command --help 2>/dev/null | string replace -rf '^  (?:-[a-zA-Z] \[ )?(--[a-z-]+)(?: \])?(?: [^ ]+)?  +(.*)' '$1\t$2'
end

complete -c weir -n 'not __weir_command >/dev/null' -f -a '(__weir_commands)'
complete -c weir -n '__weir_command >/dev/null; and string match -q -- "-*" (commandline -ct)' -f -a '(__weir_options)'
complete -c weir -n 'test (__weir_command) = keywords' -f -a "(weir keywords 2>/dev/null | string replace -r '[: ].*' '')"
complete -c weir -n '__weir_command >/dev/null' -s i -l interface -x -a '(__fish_print_interfaces) any'
complete -c weir -n '__weir_command >/dev/null' -s k -l checksums -x -a 'all none auto'
