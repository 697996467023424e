#!/bin/bash
# contrib/apache.conf, unchanged: Apache accepts it, and anomdetect parses each line that real requests make.
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
# The necessary parts of Debian's apache2.conf around it, so that the package is not needed.
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
like "Apache accepts the file" "$(contrib_said site apache2 -f "$TMP/apache2.conf" -t)" 'Syntax OK'
contrib_become site apache2 -f "$TMP/apache2.conf" -DFOREGROUND >"$TMP/apache.err" 2>&1 &
ends_with_test $!
ok "Apache listens" within 10 site_listens 80
ok "the requests that are hard to log are sent" site_send 80
silent="nothing half blank-lines tls" # Apache logs no line, because the client leaves before the request line ends
log=$TMP/log/apache2/access.json
ok "all requests are logged" within 20 log_holds "$silent" "$log"
log_check log "$log" "$silent" ""
ok "slow requests are sent" slow_send 80
slow_check log "$log"
done_testing
