#!/usr/bin/env bash
# --check-config of each program: says "configuration ok" or names the mistake with its file and line; it reads no
# input, and makes and changes no file. TAP.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
need_built anomdetect anomban anomcount

mkdir "$TMP/home" && cd "$TMP/home" || exit 1
export HOME=$TMP/home XDG_STATE_HOME=$TMP/home/state
printf '%s\n' '# of a server' 'allow 192.0.2.0/24' 'allow 2001:db8::/32' 'trust-proxy @../proxies' 'tz Europe/Berlin' \
	'state state.json' ban >../right.conf
printf '10.0.0.1\nfd00::1 # IPv6\n' >../proxies
printf 'LOG=/none\nOPTIONS="--config ../right.conf -v"\n' >../service

# checked PROGRAM WORD...: the exit status and all that it prints. It would wait for ever for this input.
mkfifo ../input
exec 9<>../input
checked() {
	local program=$1 said
	shift
	said=$(timeout 20 "$BUILD/$program" --check-config "$@" <../input 2>&1 9>&-)
	echo "$? $said"
}
for program in anomdetect anomban anomcount; do
	is "$program: defaults are right" "$(checked $program)" "0 configuration ok"
	is "$program: a file is right" "$(checked $program --config ../right.conf)" "0 configuration ok"
	is "$program: that of a service is right" "$(checked $program --config ../service)" "0 configuration ok"
	# A mistake of each step: the parser's, and of lists.
	while IFS='|' read -r line want; do
		printf '%s\n%s\n' '# first' "$line" >../wrong.conf
		want="2 $program: fatal: ../wrong.conf: line 2: $want"
		said=$(checked $program --config ../wrong.conf)
		is "$program: $line" "${said:0:${#want}}" "$want" # advice may follow
	done <<-'END'
		alow 192.0.2.1|'alow' is no option for a file
		severe x|severe: 'x' is not a number from 1 to 1000
		trust-proxy 10.0.0.300|--trust-proxy: '10.0.0.300' is no address or network (192.0.2.0/24, 2001:db8::/32, @FILE)
		trust-proxy ::/0|--trust-proxy: '::/0' is too wide: it would trust all IPv6 addresses as proxies; the widest is /16
	END
	[ $program = anomban ] || is "$program: a time zone" "$(checked $program --tz Mars/Base)" \
		"2 $program: fatal: --tz: 'Mars/Base' is not local, UTC, an offset (+01:00) or a zone of this host (Europe/Berlin)"
	printf '10.0.0.1\n2001:db8::/12\n' >../wide
	is "$program: a list's file and line" "$(checked $program --trust-proxy @../wide)" \
		"2 $program: fatal: --trust-proxy: ../wide: line 2 is too wide: it would trust 1/4096 of all IPv6 addresses as proxies; the widest is /16"
	is "$program: a list that is missing" "$(checked $program --trust-proxy @../none)" \
		"2 $program: fatal: --trust-proxy: unable to read '../none': No such file or directory"
	"$BUILD/$program" --check-config >/dev/full 2>../err
	is "$program: a disk that is full" "$? $(cat ../err)" \
		"1 $program: fatal: unable to write to standard output: No space left on device"
done
# Should it fail, it does so in a network of its own.
apart=()
[ "$(id -u)" != 0 ] || apart=(unshare --net)
for other in --doctor --explain --make-sets; do
	is "anomdetect: nor with $other" \
		"$("${apart[@]}" timeout 20 "$BUILD/anomdetect" --state ../none --check-config $other <../input 2>&1 9>&-)" "configuration ok"
done
like "anomdetect: a format" "$(checked anomdetect --format nginxx)" "^2 anomdetect: fatal: --format: 'nginxx' is not auto"
is "anomdetect: a user" "$(checked anomdetect --user no-such-user)" "2 anomdetect: fatal: --user: 'no-such-user' is no user of this host; make it (useradd --system NAME), or name another"
printf 'state-group no-such-group\n' >../group.conf
is "anomdetect: a group" "$(checked anomdetect --config ../group.conf)" \
	"2 anomdetect: fatal: ../group.conf: line 1: --state-group: 'no-such-group' is no group of this host; make it (groupadd NAME), or name another"
printf 'OPTIONS="-v --allow 192.0.2"\n' >../list.service
like "anomdetect: a list of a service" "$(checked anomdetect --config ../list.service)" \
	"^2 anomdetect: fatal: ../list.service: OPTIONS: --allow: '192.0.2' is no address"
printf 'allow 192.0.2.1\nports http\n' >../ports.conf
like "anomdetect: ports" "$(checked anomdetect --config ../ports.conf)" "^2 anomdetect: fatal: ../ports.conf: line 2: --ports: 'http' is not"
# The run itself goes on: bans matter more than who may read the state.
"$BUILD/anomdetect" --state "$TMP/own.json" --state-group no-such-group </dev/null >../events 2>../err
is "anomdetect: a run warns of the group" "$? $(cat ../err)" \
	"0 anomdetect: warning: --state-group: 'no-such-group' is no group of this host; make it (groupadd NAME), or name another"
is "anomdetect: a run that keeps no files does not" \
	"$("$BUILD/anomdetect" --state none --state-group no-such-group </dev/null 2>&1 >../events)" ""
is "anomban: ports" "$(checked anomban --allow-peers 1883,x)" \
	"2 anomban: fatal: --allow-peers: '1883,x' is not a list of at most 64 ports (1883,8883), or none"
like "anomcount: counts" "$(checked anomcount --format counts)" '^2 anomcount: fatal: --format: anomcount writes counts'
printf 'OPTIONS=--check-config\n' >../service
is "it is no option for a service" "$(checked anomdetect -c ../service)" \
	"2 anomdetect: fatal: ../service: OPTIONS: --check-config is no option for a service"
is "no file was made" "$(find "$TMP/home" -mindepth 1)" ""
done_testing
