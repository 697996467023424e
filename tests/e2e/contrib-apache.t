#!/bin/bash
# contrib/apache.conf, as it stands: Apache takes it, and each line that real requests make of it is understood.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/servers.sh
. "$(dirname "$0")/servers.sh"
# shellcheck source=tests/e2e/contrib.sh
. "$(dirname "$0")/contrib.sh"
need apache2
site_begin

mkdir -p "$TMP/htdocs" "$TMP/log/apache2" "$TMP/conf-enabled"
echo hello | tee "$TMP/htdocs/index.html" >"$TMP/htdocs/slow"
cp "$CONTRIB/apache.conf" "$TMP/conf-enabled/anomdetect.conf"
# What Debian's apache2.conf has around it, as far as it matters; the package with it is not needed.
cat >"$TMP/apache2.conf" <<END
ServerRoot $TMP
ServerName example.test
DefaultRuntimeDir $TMP
PidFile $TMP/apache.pid
ErrorLog \${APACHE_LOG_DIR}/error.log
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule alias_module /usr/lib/apache2/modules/mod_alias.so
User www-data
Group www-data
TimeOut 5
Listen 80
DocumentRoot $TMP/htdocs
<Directory />
	Require all granted
</Directory>
IncludeOptional conf-enabled/*.conf
END
contrib_mounts=("$TMP/log:/var/log")
export APACHE_LOG_DIR=/var/log/apache2 # from /etc/apache2/envvars
like "Apache takes the file" "$(contrib_said site apache2 -f "$TMP/apache2.conf" -t)" 'Syntax OK'
contrib_become site apache2 -f "$TMP/apache2.conf" -DFOREGROUND >"$TMP/apache.err" 2>&1 &
ends_with_test $!
ok "Apache listens" within 10 site_listens 80
ok "the odd requests are sent" site_send 80
silent="nothing half blank-lines tls" # Apache waits for the end of a line, and we leave
log=$TMP/log/apache2/access.json
ok "all requests are logged" within 20 log_holds "$silent" "$log"
log_check log "$log" "$silent" ""
ok "slow requests are sent" slow_send 80
slow_check log "$log"
done_testing
