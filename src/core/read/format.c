/* format.c - see format.h.
 *
 * `remote_addr` is nginx's own name for the peer. If a line has this member, only the first row of
 * the table below matches, whatever other members the line has. The next rows are for products with
 * member names that no other product writes. The rows after them are for products whose users
 * define the format. The last row uses names that many programs write.
 *
 * HAProxy, Kong and APISIX write the peer's address to client_ip. So client_ip is a peer only if
 * other members show that one of these products wrote the line. In nginx formats, client_ip is a
 * header. Caddy's client_ip and Traefik's ClientHost are the first value of X-Forwarded-For, which
 * the client writes, so no row uses them.
 */
#include "core/read/format.h"

#include <string.h>

#define NGINX_TIME                                                                                 \
	{                                                                                          \
		"msec", "time_iso8601", "time", "timestamp", "@timestamp", "time_local", "ts",     \
			"datetime", "date", "event_datetime"                                       \
	}
#define NGINX_METHOD                                                                               \
	{                                                                                          \
		"request_method", "method", "httpRequest.requestMethod", "verb"                    \
	}
#define NGINX_PATH                                                                                 \
	{                                                                                          \
		"request_uri", "request", "uri", "path", "url", "httpRequest.requestUrl"           \
	}

/* The duration is in microseconds, as Apache's %D writes it. */
#define APACHE_MEMBERS                                                                             \
	.time = {"end"}, .start = {"time", "timestamp"}, .lasted = "duration", .unit_ms = 1e-3,    \
	.method = {"method"}, .path = {"request", "uri", "url", "path"}, .needs_status = true

static const struct format formats[] = {
	{
		.name = "nginx",
		.peers = {"remote_addr", "httpRequest.remoteIp"},
		.status = {"httpRequest.status"},
		.time = NGINX_TIME,
		.method = NGINX_METHOD,
		.path = NGINX_PATH,
		.connection = "realip_remote_addr",
	},
	{
		.name = "caddy",
		.peers = {"request.remote_ip", "request.remote_addr"},
		.time = {"ts"},
		.method = {"request.method"},
		.path = {"request.uri"},
		.logger = "logger",
		.access = "http.log.access",
		.needs_status = true,
	},
	{
		.name = "traefik",
		.peers = {"ClientAddr"},
		.status = {"DownstreamStatus"},
		.time = {"time"},
		.start = {"StartUTC", "StartLocal"},
		.lasted = "Duration",
		.unit_ms = 1e-6,
		.method = {"RequestMethod"},
		.path = {"RequestPath"},
		.needs_status = true,
	},
	{
		.name = "envoy",
		.peers = {"downstream_remote_address"},
		.start = {"start_time"},
		.lasted = "duration",
		.unit_ms = 1,
		.method = {"method", ":method"},
		.path = {"path", "x-envoy-original-path", "x-envoy-origin-path", ":path"},
		.connection = "downstream_direct_remote_address",
		.needs_status = true,
	},
	{
		.name = "haproxy",
		.marks = {"request_date"},
		.peers = {"client_ip"},
		.start = {"request_date"},
		.lasted = "time_active",
		.unit_ms = 1,
		.method = {"method"},
		.path = {"uri", "request", "path"},
		.needs_status = true,
	},
	{
		.name = "haproxy",
		.peers = {"haproxy_clientIP"},
		.status = {"haproxy_statusCode"},
		.start = {"haproxy_dateTime", "request_date"},
		.lasted = "haproxy_Ta",
		.unit_ms = 1,
		.path = {"haproxy_httpRequest"},
		.needs_status = true,
	},
	{
		.name = "kong",
		.marks = {"latencies", "started_at"},
		.peers = {"client_ip"},
		.start = {"started_at"},
		.lasted = "latencies.request",
		.unit_ms = 1,
		.method = {"request.method"},
		.path = {"request.uri", "request.url"},
		.needs_status = true,
	},
	{
		.name = "apisix",
		.marks = {"start_time"},
		.any = {"route_id", "service_id"},
		.peers = {"client_ip"},
		.start = {"start_time"},
		.lasted = "latency",
		.unit_ms = 1,
		.method = {"request.method"},
		.path = {"request.uri", "request.url"},
		.needs_status = true,
	},
	{
		.name = "pino",
		.peers = {"req.remoteAddress", "req.ip"},
		.one_peer = true,
		.time = {"time", "timestamp"},
		.method = {"req.method"},
		.path = {"req.url"},
		.needs_status = true,
	},
	{
		.name = "ecs",
		.peers = {"source.ip", "client.ip", "source.address"},
		.time = {"@timestamp", "timestamp"},
		.method = {"http.request.method"},
		.path = {"url.original", "url.path"},
		.needs_status = true,
	},
	{
		.name = "apache",
		.peers = {"remoteIP", "remoteAddr"},
		APACHE_MEMBERS,
	},
	{
		.name = "nginx",
		.peers = {"source_ip", "clientip", "remote_ip"},
		.one_peer = true,
		.time = NGINX_TIME,
		.method = NGINX_METHOD,
		.path = NGINX_PATH,
	},
	{
		.name = "apache",
		.peers = {"remote_host"},
		APACHE_MEMBERS,
	},
	{
		.name = "fluentbit",
		.marks = {"code"},
		.peers = {"remote"},
		.time = {"date", "time", "@timestamp", "timestamp"},
		.method = {"method"},
		.path = {"path"},
		.needs_status = true,
	},
	{
		.name = "generic",
		.peers = {"remote", "remote_address", "remoteAddress", "remoteIp", "RemoteAddr",
			"RemoteIP", "peer", "peer_addr", "peer_ip", "client_addr", "src", "src_ip",
			"srcip", "sourceIp", "sourceIP"},
		.one_peer = true,
		.no_forwarded = true,
		.time = NGINX_TIME,
		.method = {"method", "request_method", "verb", "http_method"},
		.path = {"request_uri", "request", "uri", "path", "url", "request_path"},
		.needs_status = true,
		.needs_time = true,
	},
	{.name = NULL},
};

const char *const format_status[] = {"status", "status_code", "http_status", "response_code",
	"response_status", "responseStatusCode", "statusCode", "sc-status", "response.status",
	"res.statusCode", "http.response.status_code", "http.status_code", NULL};

const char *const format_weak_status[] = {"response", "code", NULL};

const char *const format_forwarded[] = {"http_x_forwarded_for", "x_forwarded_for",
	"x-forwarded-for", "xff", "request.headers.X-Forwarded-For",
	"request.headers.x-forwarded-for", "req.headers.x-forwarded-for", "request_X-Forwarded-For",
	"X-Forwarded-For", "client_ip", "real_ip", "remote_ip", "source_ip", "clientip", NULL};

const char *const format_fetch_site[] = {"http_sec_fetch_site", "sec_fetch_site", "sec-fetch-site",
	"Sec-Fetch-Site", "request.headers.Sec-Fetch-Site", "request.headers.sec-fetch-site",
	"req.headers.sec-fetch-site", "request_Sec-Fetch-Site", NULL};

const struct format *format_find(const char *name)
{
	for (const struct format *f = formats; f->name; f++)
		if (strcmp(name, f->name) == 0)
			return f;
	return NULL;
}

const struct format *format_next(const struct format *f)
{
	for (const char *name = (f++)->name; f->name; f++)
		if (strcmp(name, f->name) == 0)
			return f;
	return NULL;
}

const struct format *format_all(void)
{
	return formats;
}
