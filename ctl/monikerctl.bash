# SPDX-License-Identifier: BSD-2-Clause
# Completion of monikerctl for bash: the program itself knows its commands.
_monikerctl() {
	local cur=${COMP_WORDS[COMP_CWORD]} w words=() takes=

	# Behind some options stands a value; bash splits "--prefix=x" in three.
	for w in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		case $takes$w in
		=|yes=)	;;
		yes*)	takes= ;;
		-c|-u|-s|-o|--config|--url|--socket|--organization|--prefix|\
		--wait|--comment|--role|--format)
			takes=yes ;;
		-*)	;;
		*)	words+=("$w") ;;
		esac
	done
	if test -n "$takes"; then
		COMPREPLY=($(compgen -f -- "${cur#=}"))
		return
	fi
	case $cur in
	-*)	COMPREPLY=($(compgen -W "--organization --url --socket --config
		    --json --table --overwrite --prefix --wait --soft
		    --comment --role --format --help --version" -- "$cur")) ;;
	*)	if test ${#words[@]} -lt 2; then
			COMPREPLY=($(compgen -W "$(monikerctl --complete \
			    "${words[@]}" 2>/dev/null)" -- "$cur"))
		else
			COMPREPLY=($(compgen -f -- "$cur"))
		fi ;;
	esac
}
complete -F _monikerctl monikerctl
