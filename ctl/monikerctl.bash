# SPDX-License-Identifier: BSD-2-Clause
# Completion of monikerctl for bash: the program itself knows its commands, and
# asks the server for names.
_monikerctl() {
	local cur=${COMP_WORDS[COMP_CWORD]} w words=() where=() takes= option=

	# Behind some options stands a value; bash splits "--prefix=x" in three.
	for w in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		case $takes$w in
		=|yes=)	;;
		yes*)	takes=
			case $option in
			-c|-u|-s|-o|--config|--url|--socket|--organization)
				where+=("$option" "$w") ;;
			esac ;;
		-c|-u|-s|-o|--config|--url|--socket|--organization|--prefix|\
		--wait|--comment|--role|--format|--expires|--allow|--from|--to|\
		--sort|--description|--tag)
			takes=yes option=$w ;;
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
		    --json --table --overwrite --replace --keep-hash --prefix
		    --wait --soft --comment --role --format --expires --allow
		    --from --to --sort --any --description --tag --dry-run
		    --restore --variants --help --version" -- "$cur"))
		return ;;
	esac
	words=($(monikerctl "${where[@]}" --prefix "$cur" --complete \
	    "${words[@]}" 2>/dev/null))
	if test "${words[*]}" = :files; then
		COMPREPLY=($(compgen -f -- "$cur"))
	else
		COMPREPLY=($(compgen -W "${words[*]}" -- "$cur"))
	fi
}
complete -F _monikerctl monikerctl
