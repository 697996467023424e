/* formats_proxies.c - writes lines as Caddy, Traefik, HAProxy and Envoy do (see formats.h). Caddy,
 * Traefik and Envoy have their own formats; HAProxy has the format of contrib/haproxy.cfg. */
#include "bench/site/formats.h"
#include "bench/site/object.h"
#include "bench/site/words.h"

static void put_duration(struct text *t, uint32_t us)
{
	text_number(t, us / 1000000);
	text_char(t, '.');
	text_padded(t, us % 1000000, 6);
}

/* ---- Caddy: zap's encoder; headers are arrays, and headers that were not sent are missing ---- */

static void put_header(const struct object *o, const char *name, const char *s, size_t len)
{
	if (!len)
		return;
	object_open(o, name, '[');
	text_char(o->t, '"');
	text_escaped(o->t, s, len, o->how);
	text_put(o->t, "\"]");
}

static void put_headers(const struct object *o, const struct traffic_request *r)
{
	static const char accept[] =
		"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,"
		"image/webp,*/*;q=0.8";
	bool browser = *r->fetch_site;

	object_open(o, "headers", '{');
	if (browser && r->id % 4)
		put_header(o, "Cookie", "REDACTED", 8);
	put_header(o, "User-Agent", r->agent.s, r->agent.len);
	put_header(o, "Accept", browser ? accept : "*/*", browser ? sizeof accept - 1 : 3);
	put_header(o, "Sec-Fetch-Site", r->fetch_site, strlen(r->fetch_site));
	put_header(o, "Sec-Fetch-Mode", "navigate", browser ? 8 : 0);
	put_header(o, "Accept-Language", r->language.s, r->language.len);
	put_header(o, "Accept-Encoding", "gzip, deflate, br, zstd", browser ? 23 : 4);
	put_header(o, "Referer", r->referer.s, r->referer.len);
	if (r->status == 304)
		put_header(o, "If-None-Match", "\"d5x2k9v4q0c1\"", 14);
	object_close(o, '}');
}

static void put_answer(const struct object *o, const struct traffic_request *r)
{
	object_open(o, "resp_headers", '{');
	put_header(o, "Server", "Caddy", 5);
	put_header(o, "Alt-Svc", "h3=\":443\"; ma=2592000", r->tls ? 21 : 0);
	if (r->status == 200)
		put_header(o, "Content-Type", "text/html; charset=utf-8", 24);
	put_header(o, "Etag", "\"d5x2k9v4q0c1\"", r->status == 304 ? 14 : 0);
	object_close(o, '}');
}

void formats_caddy(struct text *t, const struct traffic_request *r)
{
	struct object o = {t, TEXT_NGINX_JSON, ":", ",", false};

	text_char(t, '{');
	object_string(&o, "level", r->status >= 500 ? "error" : "info");
	object_name(&o, "ts");
	text_seconds(t, r->ms);
	text_padded(t, r->id % 10000, 4);
	object_string(&o, "logger", "http.log.access.log0");
	object_string(&o, "msg", "handled request");
	object_open(&o, "request", '{');
	object_text(&o, "remote_ip", &r->client);
	o.quoted = true;
	object_number(&o, "remote_port", r->port);
	o.quoted = false;
	object_text(&o, "client_ip", &r->client);
	object_string(&o, "proto", r->protocol);
	object_string(&o, "method", r->method);
	object_string(&o, "host", WORDS_HOST);
	object_text(&o, "uri", &r->target);
	put_headers(&o, r);
	if (r->tls)
		object_plain(&o, "tls",
			"{\"resumed\":false,\"version\":772,\"cipher_suite\":4865,\"proto\":\"h2\","
			"\"server_name\":\"" WORDS_HOST "\",\"ech\":false}");
	object_close(&o, '}');
	object_number(&o, "bytes_read", 0);
	object_string(&o, "user_id", "");
	object_name(&o, "duration");
	put_duration(t, r->duration_us);
	object_number(&o, "size", r->bytes);
	object_number(&o, "status", r->status);
	put_answer(&o, r);
	text_char(t, '}');
}

/* ---- Traefik: all its members, sorted, by Go's encoder ---- */

static void put_go_time(const struct object *o, const char *name, int64_t us, const char *zone)
{
	object_open(o, name, '"');
	text_iso(o->t, us / 1000);
	text_char(o->t, '.');
	text_padded(o->t, (uint64_t)(us % 1000000) * 1000 + 371, 9);
	text_put(o->t, zone);
	object_close(o, '"');
}

static void put_peer(const struct object *o, const char *name, const struct traffic_request *r)
{
	object_open(o, name, '"');
	text_put(o->t, r->v6 ? "[" : "");
	text_add(o->t, r->client.s, r->client.len);
	text_put(o->t, r->v6 ? "]:" : ":");
	text_number(o->t, r->port);
	object_close(o, '"');
}

static void put_traefik_times(const struct object *o, const struct traffic_request *r)
{
	int64_t start_us = r->ms * 1000 - r->duration_us;

	object_number(o, "RetryAttempts", 0);
	object_string(o, "RouterName", "shop@docker");
	object_string(o, "ServiceAddr", "172.18.0.7:8080");
	object_string(o, "ServiceName", "shop@docker");
	object_string(o, "ServiceURL", "http://172.18.0.7:8080");
	object_string(o, "SpanId", "0000000000000000");
	put_go_time(o, "StartLocal", start_us, "Z");
	put_go_time(o, "StartUTC", start_us, "Z");
	if (r->tls) {
		object_string(o, "TLSCipher", "TLS_AES_128_GCM_SHA256");
		object_string(o, "TLSVersion", "1.3");
	}
	object_string(o, "TraceId", "00000000000000000000000000000000");
	object_string(o, "entryPointName", r->tls ? "websecure" : "web");
	object_string(o, "level", "info");
	object_string(o, "msg", "");
	if (r->referer.len)
		object_text(o, "request_Referer", &r->referer);
	if (*r->fetch_site)
		object_string(o, "request_Sec-Fetch-Site", r->fetch_site);
	object_text(o, "request_User-Agent", &r->agent);
	object_open(o, "time", '"');
	text_iso(o->t, r->ms);
	text_put(o->t, "Z\"");
}

void formats_traefik(struct text *t, const struct traffic_request *r)
{
	struct object o = {t, TEXT_GO_HTML, ":", ",", false};
	uint64_t ns = (uint64_t)r->duration_us * 1000 + r->id % 1000;

	text_char(t, '{');
	put_peer(&o, "ClientAddr", r);
	object_text(&o, "ClientHost", &r->client);
	object_open(&o, "ClientPort", '"');
	text_number(t, r->port);
	object_close(&o, '"');
	object_string(&o, "ClientUsername", "-");
	object_number(&o, "DownstreamContentSize", r->bytes);
	object_number(&o, "DownstreamStatus", r->status);
	object_number(&o, "Duration", ns);
	object_number(&o, "OriginContentSize", r->bytes);
	object_number(&o, "OriginDuration", ns - ns / 20);
	object_number(&o, "OriginStatus", r->status);
	object_number(&o, "Overhead", ns / 20);
	object_string(&o, "RequestAddr", WORDS_HOST);
	object_number(&o, "RequestContentSize", 0);
	object_number(&o, "RequestCount", r->id >> 44);
	object_string(&o, "RequestHost", WORDS_HOST);
	object_string(&o, "RequestMethod", r->method);
	object_text(&o, "RequestPath", &r->target);
	object_string(&o, "RequestPort", "-");
	object_string(&o, "RequestProtocol", r->protocol);
	object_string(&o, "RequestScheme", r->tls ? "https" : "http");
	put_traefik_times(&o, r);
	text_char(t, '}');
}

/* ---- HAProxy: contrib/haproxy.cfg with two more members, in a file that rsyslog writes ---- */

void formats_haproxy(struct text *t, const struct traffic_request *r)
{
	struct object o = {t, TEXT_HAPROXY, ":", ",", false};
	int64_t start_ms = r->ms - r->duration_us / 1000;

	text_syslog_time(t, r->ms);
	text_put(t, " lb1 haproxy[");
	text_number(t, 1125 + (uint64_t)(r->ms - TRAFFIC_START_MS) / 200000000);
	text_put(t, "]: {");
	object_text(&o, "client_ip", &r->client);
	object_open(&o, "request_date", '"');
	text_clf_time(t, start_ms);
	text_put(t, " +0000\"");
	object_number(&o, "time_active", r->duration_us / 1000);
	object_number(&o, "status_code", r->status == 499 ? 400 : r->status);
	object_number(&o, "bytes_read", r->bytes + 280);
	object_string(&o, "frontend", r->tls ? "https-in~" : "http-in");
	object_string(&o, "method", r->method);
	object_text(&o, "uri", &r->target);
	object_text(&o, "user_agent", &r->agent);
	object_text(&o, "referer", &r->referer);
	text_char(t, '}');
}

/* ---- Envoy: sorted members, null for missing values ---- */

static void put_or_null(const struct object *o, const char *name, const struct text *value)
{
	if (value->len)
		object_text(o, name, value);
	else
		object_plain(o, name, "null");
}

void formats_envoy(struct text *t, const struct traffic_request *r)
{
	struct object o = {t, TEXT_NGINX_JSON, ":", ",", false};

	text_char(t, '{');
	object_string(&o, "authority", WORDS_HOST);
	object_number(&o, "bytes_received", 0);
	object_number(&o, "bytes_sent", r->bytes);
	object_plain(&o, "connection_termination_details", "null");
	object_string(&o, "downstream_local_address", "10.8.3.17:8443");
	put_peer(&o, "downstream_remote_address", r);
	object_number(&o, "duration", r->duration_us / 1000);
	object_string(&o, "method", r->method);
	object_text(&o, "path", &r->target);
	object_string(&o, "protocol", r->protocol[5] == '2' ? "HTTP/2" : r->protocol);
	object_open(&o, "request_id", '"');
	text_hex(t, r->id >> 32, 8);
	text_put(t, "-7f3a-4c55-9d01-");
	text_hex(t, r->id, 12);
	object_close(&o, '"');
	object_string(&o, "requested_server_name", WORDS_HOST);
	object_number(&o, "response_code", r->status == 499 ? 0 : r->status);
	object_string(&o, "response_code_details", "via_upstream");
	object_string(&o, "response_flags", r->status == 499 ? "DC" : "-");
	object_string(&o, "route_name", "default");
	put_go_time(&o, "start_time", r->ms * 1000 - r->duration_us, "Z");
	t->len -= 8; /* Envoy writes milliseconds */
	text_put(t, "Z\"");
	object_string(&o, "upstream_cluster", "outbound|8080||shop.default.svc.cluster.local");
	object_string(&o, "upstream_host", "10.8.3.17:8080");
	o.quoted = true;
	object_number(&o, "upstream_service_time", r->duration_us / 1100);
	put_or_null(&o, "user_agent", &r->agent);
	object_plain(&o, "x_forwarded_for", "null");
	text_char(t, '}');
}
