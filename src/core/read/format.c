/* format.c - see format.h.
 *
 * The products that write one fixed set of names come before those whose formats people make
 * themselves: `status` alone, for one, says little. Caddy's and Traefik's other lines carry the
 * names of an access log too (an error is logged beside the request that met it), so these two are
 * told by more than names.
 */
#include "core/read/format.h"

#include <string.h>

static const struct format formats[] = {
	{
		.name = "nginx",
		.client = {"remote_addr", "client_ip", "source_ip", "clientip", "remote_ip",
			"httpRequest.remoteIp"},
		.status = {"status", "httpRequest.status"},
		.time = {"msec", "time_iso8601", "time", "timestamp", "@timestamp", "time_local"},
		.peer = "realip_remote_addr",
	},
	{
		.name = "caddy",
		.client = {"request.client_ip", "request.remote_ip", "request.remote_addr"},
		.status = {"status"},
		.time = {"ts"},
		.peer = "request.remote_ip",
		.logger = "logger",
		.access = "http.log.access",
		.has_status = true,
	},
	{
		.name = "traefik",
		.client = {"ClientHost", "ClientAddr"},
		.status = {"DownstreamStatus", "OriginStatus"},
		.time = {"time", "StartUTC"},
		.peer = "ClientAddr",
		.from = "StartUTC",
		.lasted_ns = "Duration",
		.has_status = true,
	},
	{
		.name = "envoy",
		.client = {"downstream_remote_address"},
		.status = {"response_code"},
		.time = {"start_time"},
		.has_status = true,
	},
	{
		.name = "haproxy",
		.client = {"client_ip", "haproxy_clientIP"},
		.status = {"status_code", "haproxy_statusCode"},
		.time = {"request_date", "haproxy_dateTime"},
		.has_status = true,
	},
	{
		.name = "apache",
		.client = {"remoteIP", "remoteAddr", "remote_host"},
		.status = {"status"},
		.time = {"time", "timestamp"},
	},
	{
		.name = "ecs",
		.client = {"source.ip", "client.ip", "source.address"},
		.status = {"http.response.status_code"},
		.time = {"@timestamp", "timestamp"},
		.has_status = true,
	},
	{.name = NULL},
};

const char *const format_forwarded[] = {"http_x_forwarded_for", "x_forwarded_for",
	"x-forwarded-for", "xff", "request.headers.X-Forwarded-For", "request_X-Forwarded-For",
	"X-Forwarded-For", NULL};

const struct format *format_find(const char *name)
{
	for (const struct format *f = formats; f->name; f++)
		if (strcmp(name, f->name) == 0)
			return f;
	return NULL;
}

const struct format *format_all(void)
{
	return formats;
}
