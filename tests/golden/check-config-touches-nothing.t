#!/usr/bin/env bash
# --check-config of each program prints "configuration ok" or names the mistake with its file and line. It reads no
# input and makes or changes no file. TAP.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
need_built anomdetect anomban anomcount

mkdir "$TMP/home" && cd "$TMP/home" || exit 1
export HOME=$TMP/home XDG_STATE_HOME=$TMP/home/state
printf '%s\n' '# of a server' 'allow 192.0.2.0/24' 'allow 2001:db8::/32' 'trust-proxy @../proxies' 'tz Europe/Berlin' \
	'state state.json' ban >../right.conf
printf '10.0.0.1\nfd00::1 # IPv6\n' >../proxies
printf 'LOG=/none\nOPTIONS="--config ../right.conf -v"\n' >../service

# checked PROGRAM WORD...: prints the exit status and all output. The input is a pipe without data and without end, so a
# program that read its input would wait for ever.
mkfifo ../input
exec 9<>../input
checked() {
	local program=$1 said
	shift
	said=$(timeout 20 "$BUILD/$program" --check-config "$@" <../input 2>&1 9>&-)
	echo "$? $said"
}
for program in anomdetect anomban anomcount; do
	is "$program: the defaults are accepted" "$(checked $program)" "0 configuration ok"
	is "$program: a valid file is accepted" "$(checked $program --config ../right.conf)" "0 configuration ok"
	is "$program: a valid file of a service is accepted" "$(checked $program --config ../service)" "0 configuration ok"
	# One mistake for each step: the names of options, their values, and the lists.
	while IFS='|' read -r line want; do
		printf '%s\n%s\n' '# first' "$line" >../wrong.conf
		want="2 $program: fatal: ../wrong.conf: line 2: $want"
		said=$(checked $program --config ../wrong.conf)
		is "$program: a file with '$line' is refused" "${said:0:${#want}}" "$want" # a hint may follow
	done <<-'END'
		alow 192.0.2.1|'alow' is not an option for a file
		severe x|severe: 'x' is not a number from 1 to 1000
		trust-proxy 10.0.0.300|--trust-proxy: '10.0.0.300' is not an address or network (192.0.2.0/24, 2001:db8::/32, @FILE)
		trust-proxy ::/0|--trust-proxy: '::/0' is too wide: it would trust all IPv6 addresses as proxies; the widest is /16
	END
	[ $program = anomban ] || is "$program: a wrong time zone is refused" "$(checked $program --tz Mars/Base)" \
		"2 $program: fatal: --tz: 'Mars/Base' is not local, UTC, an offset (+01:00) or a zone of this host (Europe/Berlin)"
	printf '10.0.0.1\n2001:db8::/12\n' >../wide
	is "$program: a wrong list is refused with its file and line" "$(checked $program --trust-proxy @../wide)" \
		"2 $program: fatal: --trust-proxy: ../wide: line 2 is too wide: it would trust 1/4096 of all IPv6 addresses as proxies; the widest is /16"
	is "$program: a missing list is refused" "$(checked $program --trust-proxy @../none)" \
		"2 $program: fatal: --trust-proxy: unable to read '../none': No such file or directory"
	"$BUILD/$program" --check-config >/dev/full 2>../err
	is "$program: a full disk is reported" "$? $(cat ../err)" \
		"1 $program: fatal: unable to write to standard output: No space left on device"
done
# If --check-config were broken, these options would act. A separate network namespace prevents harm.
apart=()
[ "$(id -u)" != 0 ] || apart=(unshare --net)
for other in --doctor --explain --make-sets; do
	is "anomdetect: --check-config with $other only checks the configuration" \
		"$("${apart[@]}" timeout 20 "$BUILD/anomdetect" --state ../none --check-config $other <../input 2>&1 9>&-)" "configuration ok"
done
like "anomdetect: a wrong format is refused" "$(checked anomdetect --format nginxx)" "^2 anomdetect: fatal: --format: 'nginxx' is not auto"
is "anomdetect: an unknown user is refused" "$(checked anomdetect --user no-such-user)" "2 anomdetect: fatal: --user: 'no-such-user' is not a user of this host; make it (useradd --system NAME), or name another"
printf 'state-group no-such-group\n' >../group.conf
is "anomdetect: an unknown group is refused" "$(checked anomdetect --config ../group.conf)" \
	"2 anomdetect: fatal: ../group.conf: line 1: --state-group: 'no-such-group' is not a group of this host; make it (groupadd NAME), or name another"
printf 'OPTIONS="-v --allow 192.0.2"\n' >../list.service
like "anomdetect: a wrong list in a service's file is refused" "$(checked anomdetect --config ../list.service)" \
	"^2 anomdetect: fatal: ../list.service: OPTIONS: --allow: '192.0.2' is not an address"
printf 'allow 192.0.2.1\nports http\n' >../ports.conf
like "anomdetect: wrong ports are refused" "$(checked anomdetect --config ../ports.conf)" "^2 anomdetect: fatal: ../ports.conf: line 2: --ports: 'http' is not"
# A run continues although the group is unknown, because bans matter more than the readers of the state.
"$BUILD/anomdetect" --state "$TMP/own.json" --state-group no-such-group </dev/null >../events 2>../err
is "anomdetect: a run warns of an unknown group" "$? $(cat ../err)" \
	"0 anomdetect: warning: --state-group: 'no-such-group' is not a group of this host; make it (groupadd NAME), or name another"
is "anomdetect: a run without files does not warn of an unknown group" \
	"$("$BUILD/anomdetect" --state none --state-group no-such-group </dev/null 2>&1 >../events)" ""
is "anomban: wrong ports of peers are refused" "$(checked anomban --allow-peers 1883,x)" \
	"2 anomban: fatal: --allow-peers: '1883,x' is not none or a list of at most 64 ports (1883,8883)"
like "anomcount: the format counts is refused" "$(checked anomcount --format counts)" '^2 anomcount: fatal: --format: anomcount writes counts'
printf 'OPTIONS=--check-config\n' >../service
is "--check-config is refused in the file of a service" "$(checked anomdetect -c ../service)" \
	"2 anomdetect: fatal: ../service: OPTIONS: --check-config is not an option for a service"
is "no program made a file" "$(find "$TMP/home" -mindepth 1)" ""
done_testing
