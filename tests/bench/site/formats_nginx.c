/* formats_nginx.c - nginx and Apache: the formats of formats.h that administrators configure by
 * hand. */
#include "bench/site/formats.h"
#include "bench/site/object.h"
#include "bench/site/words.h"

static void put_request_line(
	const struct object *o, const char *name, const struct traffic_request *r)
{
	object_open(o, name, '"');
	text_put(o->t, r->method);
	text_char(o->t, ' ');
	text_escaped(o->t, r->target.s, r->target.len, o->how);
	text_char(o->t, ' ');
	text_put(o->t, r->protocol);
	object_close(o, '"');
}

static void put_iso_zone(const struct object *o, const char *name, int64_t ms)
{
	object_open(o, name, '"');
	text_iso(o->t, ms);
	text_put(o->t, "+00:00\"");
}

/* The format of contrib/nginx.conf. */
void formats_nginx(struct text *t, const struct traffic_request *r)
{
	struct object o = {t, TEXT_NGINX_JSON, ":", ",", false};

	text_char(t, '{');
	object_text(&o, "remote_addr", &r->client);
	object_seconds(&o, "msec", r->ms);
	put_iso_zone(&o, "time_iso8601", r->ms);
	put_request_line(&o, "request", r);
	object_number(&o, "status", r->status);
	object_number(&o, "bytes", r->bytes);
	object_seconds(&o, "rt", r->duration_us / 1000);
	object_string(&o, "host", WORDS_HOST);
	object_text(&o, "referer", &r->referer);
	object_text(&o, "ua", &r->agent);
	object_string(&o, "http_sec_fetch_site", r->fetch_site);
	text_char(t, '}');
}

/* All values in quotes, with blanks, as in many published examples. */
void formats_nginx_strings(struct text *t, const struct traffic_request *r)
{
	struct object o = {t, TEXT_NGINX_JSON, ": ", ", ", true};
	bool upstream = r->status != 304 && r->status != 206;

	text_char(t, '{');
	object_open(&o, "time_local", '"');
	text_clf_time(t, r->ms);
	text_put(t, " +0000\"");
	object_seconds(&o, "msec", r->ms);
	object_number(&o, "connection", r->id >> 40);
	object_text(&o, "remote_addr", &r->client);
	object_number(&o, "remote_port", r->port);
	object_string(&o, "remote_user", "");
	put_request_line(&o, "request", r);
	object_string(&o, "request_method", r->method);
	object_number(&o, "request_length", r->target.len + r->agent.len + r->referer.len + 120);
	object_number(&o, "status", r->status);
	object_number(&o, "body_bytes_sent", r->bytes);
	object_text(&o, "http_referer", &r->referer);
	object_text(&o, "http_user_agent", &r->agent);
	object_string(&o, "http_x_forwarded_for", "");
	object_string(&o, "http_host", WORDS_HOST);
	object_seconds(&o, "request_time", r->duration_us / 1000);
	object_string(&o, "upstream", upstream ? "127.0.0.1:9000" : "");
	object_string(&o, "upstream_connect_time", upstream ? "0.000" : "");
	if (upstream)
		object_seconds(&o, "upstream_response_time", r->duration_us / 1100);
	else
		object_string(&o, "upstream_response_time", "");
	object_string(&o, "ssl_protocol", r->tls ? "TLSv1.3" : "");
	object_string(&o, "gzip_ratio", r->bytes % 3 ? "" : "3.41");
	text_char(t, '}');
}

#define SHIPPED_MEMBERS 13 /* a prime, so that steps of any length reach every member */
#define SHIPPED_ORDERS  6

static void put_shipped(const struct object *o, unsigned member, const struct traffic_request *r)
{
	switch (member) {
	case 0:
		put_iso_zone(o, "@timestamp", r->ms);
		break;
	case 1:
		object_text(o, "remote_addr", &r->client);
		break;
	case 2:
		put_request_line(o, "request", r);
		break;
	case 3:
		object_number(o, "status", r->status);
		break;
	case 4:
		object_number(o, "body_bytes_sent", r->bytes);
		break;
	case 5:
		object_text(o, "http_user_agent", &r->agent);
		break;
	case 6:
		object_string(o, "host", "web1.example.org");
		break;
	case 7:
		if (r->referer.len)
			object_text(o, "http_referer", &r->referer);
		break;
	case 8:
		if (r->status != 304)
			object_seconds(o, "upstream_response_time", r->duration_us / 1100);
		break;
	case 9:
		if (*r->fetch_site)
			object_string(o, "http_sec_fetch_site", r->fetch_site);
		break;
	case 10:
		if (r->tls)
			object_string(o, "ssl_protocol", "TLSv1.3");
		break;
	case 11:
		object_plain(o, "log",
			"{\"file\":{\"path\":\"/var/log/nginx/access.json\"},\"offset\":91823311}");
		break;
	default:
		object_plain(o, "tags", "[\"nginx\",\"web\",\"_shipped\"]");
		break;
	}
}

/* Lines that a log shipper parsed and wrote again from a hash. Members are in one of a few orders,
 * and members without a value are missing. */
void formats_nginx_shipped(struct text *t, const struct traffic_request *r)
{
	struct object o = {t, TEXT_NGINX_JSON, ":", ",", false};
	unsigned order = (unsigned)(r->id % SHIPPED_ORDERS);

	text_char(t, '{');
	for (unsigned i = 0; i < SHIPPED_MEMBERS; i++)
		put_shipped(&o, (order + i * (order + 1)) % SHIPPED_MEMBERS, r);
	text_char(t, '}');
}

/* The format of contrib/apache.conf. Of the escapes of JSON, Apache's %r writes only \" and \\. */
void formats_apache(struct text *t, const struct traffic_request *r)
{
	struct object o = {t, TEXT_APACHE, ":", ",", true};

	text_char(t, '{');
	object_text(&o, "remoteIP", &r->client);
	object_open(&o, "end", '"');
	text_iso(t, r->ms);
	text_char(t, '.');
	text_padded(t, (uint64_t)(r->ms % 1000), 3);
	text_put(t, "+0000\"");
	put_request_line(&o, "request", r);
	object_number(&o, "status", r->status);
	object_number(&o, "bytes", r->bytes);
	o.quoted = false;
	object_number(&o, "duration", r->duration_us);
	object_string(&o, "host", WORDS_HOST);
	object_string(&o, "referer", r->referer.len ? "" : "-");
	t->len -= r->referer.len ? 1 : 0;
	if (r->referer.len) {
		text_escaped(t, r->referer.s, r->referer.len, TEXT_APACHE);
		text_char(t, '"');
	}
	object_text(&o, "agent", &r->agent);
	object_string(&o, "sec_fetch_site", *r->fetch_site ? r->fetch_site : "-");
	text_char(t, '}');
}

/* The format combined of nginx. */
void formats_combined(struct text *t, const struct traffic_request *r)
{
	text_add(t, r->client.s, r->client.len);
	text_put(t, " - - [");
	text_clf_time(t, r->ms);
	text_put(t, " +0000] \"");
	text_put(t, r->method);
	text_char(t, ' ');
	text_escaped(t, r->target.s, r->target.len, TEXT_NGINX);
	text_char(t, ' ');
	text_put(t, r->protocol);
	text_put(t, "\" ");
	text_number(t, r->status);
	text_char(t, ' ');
	text_number(t, r->bytes);
	text_put(t, " \"");
	text_escaped(t, r->referer.len ? r->referer.s : "-", r->referer.len ? r->referer.len : 1,
		TEXT_NGINX);
	text_put(t, "\" \"");
	text_escaped(
		t, r->agent.len ? r->agent.s : "-", r->agent.len ? r->agent.len : 1, TEXT_NGINX);
	text_char(t, '"');
}
