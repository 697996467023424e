/* formats.c - see formats.h: the list of formats, and the formats that wrap another format. */
#include "bench/site/formats.h"
#include "bench/site/object.h"

/* Docker's json-file around the line of an nginx container. */
static void write_docker(struct text *t, const struct traffic_request *r)
{
	static struct text line;
	struct object o = {t, TEXT_GO_HTML, ":", ",", false};

	line.len = 0;
	formats_nginx(&line, r);
	text_char(&line, '\n');
	text_char(t, '{');
	object_text(&o, "log", &line);
	object_string(&o, "stream", "stdout");
	object_open(&o, "time", '"');
	text_iso(t, r->ms);
	text_char(t, '.');
	text_padded(t, (uint64_t)(r->ms % 1000) * 1000000 + r->id % 1000000, 9);
	text_put(t, "Z\"}");
}

/* journalctl -o json. The members are in the order of the journal's hash table. */
static void write_journal(struct text *t, const struct traffic_request *r)
{
	static struct text line;
	struct object o = {t, TEXT_NGINX_JSON, ":", ",", true};
	uint64_t us = (uint64_t)r->ms * 1000 + r->id % 1000;

	line.len = 0;
	formats_caddy(&line, r);
	text_char(t, '{');
	object_string(&o, "_SYSTEMD_UNIT", "caddy.service");
	object_string(&o, "_TRANSPORT", "stdout");
	object_number(&o, "__MONOTONIC_TIMESTAMP", us - 1794000000000000);
	object_string(&o, "_MACHINE_ID", "3c9ad1d7a4c54e2ba0a3e5b9f3b1d0c2");
	object_string(&o, "_BOOT_ID", "6d1c3f0a9e6b4cf0b8f7f6d5a1b2c3d4");
	object_string(&o, "PRIORITY", "6");
	object_string(&o, "SYSLOG_FACILITY", "3");
	if (r->id % 3)
		object_string(&o, "_CAP_EFFECTIVE", "1000");
	object_text(&o, "MESSAGE", &line);
	object_number(&o, "__REALTIME_TIMESTAMP", us);
	object_string(&o, "_COMM", "caddy");
	object_string(&o, "_EXE", "/usr/bin/caddy");
	object_string(&o, "_PID", "811");
	object_string(&o, "SYSLOG_IDENTIFIER", "caddy");
	object_string(&o, "_HOSTNAME", "web1");
	object_string(&o, "_CMDLINE", "/usr/bin/caddy run --environ --config /etc/caddy/Caddyfile");
	text_char(t, '}');
}

#define NGINX_TWO "\"\\(.remote_addr) \\(.status)\""
#define CADDY_TWO "\"\\(.request.remote_ip) \\(.status)\""

const struct site_format formats_all[] = {
	{"nginx", "contrib/nginx.conf: numbers as numbers", "-", "-r", NGINX_TWO, formats_nginx},
	{"nginx-strings", "nginx, all values as strings, blanks after colons", "-", "-r", NGINX_TWO,
		formats_nginx_strings},
	{"nginx-shipped", "nginx, members in changing order, some missing", "-", "-r", NGINX_TWO,
		formats_nginx_shipped},
	{"apache", "contrib/apache.conf", "-", "-rR", "fromjson? | \"\\(.remoteIP) \\(.status)\"",
		formats_apache},
	{"caddy", "Caddy's own: nested, with headers", "-", "-r", CADDY_TWO, formats_caddy},
	{"traefik", "Traefik's own, with three headers", "-", "-r",
		"\"\\(.ClientAddr) \\(.DownstreamStatus)\"", formats_traefik},
	{"haproxy", "HAProxy's JSON after the text that rsyslog puts before each line", "-", "-rR",
		".[index(\"{\"):] | fromjson | \"\\(.client_ip) \\(.status_code)\"",
		formats_haproxy},
	{"envoy", "Envoy's JSON", "-", "-r",
		"\"\\(.downstream_remote_address) \\(.response_code)\"", formats_envoy},
	{"docker", "Docker's json-file around nginx", "-", "-r", ".log | fromjson | " NGINX_TWO,
		write_docker},
	{"journal", "journalctl -o json around Caddy", "-", "-r",
		".MESSAGE | fromjson | " CADDY_TWO, write_journal},
	{"combined", "nginx's combined format, which is not JSON", "--format combined", "-rR",
		"split(\" \") | \"\\(.[0]) \\(.[8])\"", formats_combined},
	{.name = NULL},
};
