# anomdetect.bash - lets bash complete the options, and values of options, of anomdetect and its companion programs.
#
# This file runs the program's --help each time, because a list of options here would become outdated. It parses
# these forms of lines in the help:
#   -s, --state FILE    ...               a file
#   --allow CIDR|@FILE  ...               a file after an @
#   --rule auto|none    ...               one of these words
#   -f, --format NAME   ... a,b,c         one of these words; the list may continue in the next line
#   --form NAME         ...: a, b, c      one of these words
#   -e, --events LIST   ... a,b,c         some of these words, with commas
#   --ipv4-prefix, --ipv6-prefix BITS ... two options with the same kind of value
#   usage: ... [FILE]...                  files
# The package bash-completion loads this file on demand. Without this package: . anomdetect.bash

# Prints the program's --help, each entry in one line. Also searches the directories that sudo searches.
_anomdetect_help() {
	local program=${1/#\~\//$HOME/} line entry=
	while IFS= read -r line; do
		if [[ $line == "                "* ]]; then
			[[ $entry == *, ]] || entry+=' '
			entry+=${line#"${line%%[! ]*}"}
		else
			printf '%s\n' "$entry"
			entry=$line
		fi
	done < <(LC_ALL=C PATH=$PATH:/usr/local/sbin:/usr/sbin "$program" --help </dev/null 2>/dev/null)
	printf '%s\n' "$entry"
}

# _anomdetect_values OPTION WHAT TEXT VALUE: fills $replies with completions of VALUE. WHAT is the kind of value in the
# help, such as FILE or auto|none. TEXT is the description of the option in the help.
_anomdetect_values() {
	local option=$1 what=$2 text=$3 value=$4 words=() word before=
	case $what in
	FILE)
		compopt -o filenames
		mapfile -t replies < <(compgen -f -- "$value")
		return
		;;
	*@FILE) # not -o filenames: bash would quote the @
		compopt -o nospace
		[[ -n $value ]] || replies=(@)
		[[ $value == @* ]] || return
		while IFS= read -r word; do
			printf -v before '%q' "$word"
			[[ -d $word ]] && before+=/ || before+=' '
			replies+=("@$before")
		done < <(compgen -f -- "${value#@}")
		return
		;;
	LIST)
		[[ $text =~ [a-z0-9]+(,[a-z0-9]+)+ ]] || return
		IFS=, read -ra words <<<"${BASH_REMATCH[0]}"
		[[ $value != *,* ]] || before=${value%,*},
		;;
	WHEN) words=(auto always never) ;;
	*\|*) IFS='|' read -ra words <<<"$what" ;;
	*)
		case $option in
		--user) mapfile -t words < <(compgen -u) ;;
		--state-group) mapfile -t words < <(compgen -g) ;;
		*)
			if [[ $text =~ :\ ([^ ,]+(, [^ ,]+)+) ]]; then
				IFS=' ' read -ra words <<<"${BASH_REMATCH[1]//,/}"
			elif [[ $what == NAME && $text =~ [a-z0-9]+(,[a-z0-9]+)+ ]]; then
				IFS=, read -ra words <<<"${BASH_REMATCH[0]}"
			fi
			;;
		esac
		;;
	esac
	mapfile -t replies < <(compgen -P "$before" -W "${words[*]}" -- "${value##*,}")
}

_anomdetect() {
	local line=${COMP_LINE:0:COMP_POINT} cur prev opt value text char before operands replies=() names=() IFS=$' \t\n'
	local row='^ +(-[A-Za-z0-9-]+(, +-[A-Za-z0-9-]+)*)( ([A-Z][A-Z|@.]*|[a-z]+(\|[a-z]+)+)( |$))?(.*)' entry=()
	COMPREPLY=()
	# Not COMP_WORDS: bash splits them at =, : and @.
	[[ $line =~ ((\\.|[^[:space:]\\])*)$ ]] && cur=${BASH_REMATCH[1]}
	[[ ${line%"$cur"} =~ ([^[:space:]]+)[[:space:]]*$ ]] && prev=${BASH_REMATCH[1]}
	opt=$prev value=$cur
	if [[ $cur == --*=* ]]; then opt=${cur%%=*} value=${cur#*=}; fi
	value=${value//\\/}

	if [[ $prev == *[\<\>] || $cur == *[\<\>]* ]]; then
		compopt -o filenames
		mapfile -t replies < <(compgen -f -- "${value##*[<>]}")
	else
		while IFS= read -r text; do
			[[ $text != usage:*FILE]...* ]] || operands=FILE
			[[ $text =~ $row ]] || continue
			IFS=', ' read -ra entry <<<"${BASH_REMATCH[1]}"
			for char in "${entry[@]}"; do [[ $char != --* ]] || names+=("$char"); done
			if [[ -n ${BASH_REMATCH[4]} && " ${entry[*]} " == *" $opt "* ]]; then
				_anomdetect_values "${entry[*]: -1}" "${BASH_REMATCH[4]}" "${BASH_REMATCH[7]}" "$value"
				names=()
				break
			fi
		done < <(_anomdetect_help "$1")
		if [[ ${#names[@]} == 0 || $opt != "$prev" ]]; then
			: # a value, or the program is missing
		elif [[ -n $operands && $cur != -* ]]; then
			_anomdetect_values '' FILE '' "$value"
		else
			mapfile -t replies < <(compgen -W "${names[*]}" -- "$cur")
		fi
	fi

	# bash splits the word at =, : and @, and replaces only the text after the last split. So no reply may repeat the text
	# before this split.
	[[ $opt == "$prev" ]] || replies=("${replies[@]/#/"$opt="}")
	for char in = : @; do
		[[ $cur == *"$char"* && $COMP_WORDBREAKS == *"$char"* ]] || continue
		before=${cur%"${cur##*"$char"}"}
		[[ $char != @ ]] || before=${before%@} # bash replaces an @, too, so the replies keep it
		replies=("${replies[@]#"$before"}")
		cur=${cur#"$before"}
	done
	COMPREPLY=("${replies[@]}")
}

complete -F _anomdetect anomdetect anomban anomstat anomcount anom-notify anom-audit anom-allow anom-report anom-deny
