/* traffic_request.c - traffic_request of traffic.h: the details of one planned request. */
#include "bench/site/draw.h"
#include "bench/site/traffic_parts.h"

#define DETAIL_SEED 77
#define AGENT_SEED  78
#define PLACES      (1u << 24)

/* Writes the client's address, which follows from the number of the client. A multiplication by
 * Knuth's constant scatters the numbers over PLACES places. The constant is odd and PLACES is a
 * power of two, so each number below PLACES has a place of its own. IPv4 is in 64.0.0.0/6, as in
 * make_lines.c. The second half of an IPv6 address changes every day, as on most systems. */
static void put_client(struct traffic_request *r, const struct hit *h)
{
	uint32_t place = (h->client * 2654435761u) % PLACES;
	struct draw d = draw_of(place, (uint64_t)(h->ms / 86400000));

	r->v6 = place % 4 == 1 && h->client != CLIENT_OFFICE;
	if (!r->v6) {
		uint32_t address = 64u << 24 | place << 2 | 2;
		for (unsigned i = 0; i < 4; i++) {
			if (i)
				text_char(&r->client, '.');
			text_number(&r->client, address >> (24 - 8 * i) & 255);
		}
		return;
	}
	text_put(&r->client, "2001:db8:");
	text_hex(&r->client, place >> 8, 4);
	text_char(&r->client, ':');
	text_hex(&r->client, (place & 255) + 256, 3);
	if (place % 16 == 1) {
		text_put(&r->client, "::5");
		return;
	}
	for (int i = 0; i < 4; i++) {
		text_char(&r->client, ':');
		text_hex(&r->client, 0x1000 + draw_below(&d, 0xe000), 4);
	}
}

static void put_target(struct text *t, const struct hit *h, struct draw *d)
{
	switch ((enum hit_kind)h->kind) {
	case HIT_PAGE:
		words_page(t, h->target);
		if (h->agent == WORDS_BROWSER || h->agent == WORDS_CRAWLER)
			words_query(t, d);
		break;
	case HIT_ASSET:
		words_asset(t, h->target);
		if (draw_one_in(d, 5)) {
			text_put(t, "?v=");
			text_number(t, 20261000 + h->target % 30);
		}
		break;
	case HIT_API:
		words_api(t, d);
		break;
	case HIT_PROBE:
		words_probe(t, d);
		break;
	}
}

static void put_referer(struct text *t, const struct hit *h, struct draw *d)
{
	if (h->agent != WORDS_BROWSER)
		return;
	if (h->from) {
		text_put(t, "https://" WORDS_HOST);
		words_page(t, h->from - 1);
	} else {
		words_referer(t, d);
	}
}

/* One page in 64 never exists. */
static unsigned draw_status(const struct hit *h, struct draw *d)
{
	if (draw_one_in(d, 2500))
		return draw_one_in(d, 3) ? 502 : 500;
	if (draw_one_in(d, 900))
		return 499;
	switch ((enum hit_kind)h->kind) {
	case HIT_PAGE:
		return h->target % 64 == 63 ? 404
		       : draw_one_in(d, 40) ? 301
		       : draw_one_in(d, 60) ? 302
					    : 200;
	case HIT_ASSET:
		return h->target % 256 == 200 ? 404
		       : draw_one_in(d, 4)    ? 304
		       : draw_one_in(d, 80)   ? 206
					      : 200;
	case HIT_API:
		return draw_one_in(d, 60) ? 401 : draw_one_in(d, 5) ? 204 : 200;
	case HIT_PROBE:
		break;
	}
	return draw_one_in(d, 12) ? 403 : draw_one_in(d, 20) ? 200 : 404;
}

static const char *draw_method(const struct hit *h, struct draw *d)
{
	if (h->agent == WORDS_MONITOR)
		return "HEAD";
	if (h->kind == HIT_API)
		return draw_one_in(d, 3) ? "POST" : draw_one_in(d, 20) ? "OPTIONS" : "GET";
	return h->kind != HIT_ASSET && draw_one_in(d, 40) ? "POST" : "GET";
}

static void draw_amounts(struct traffic_request *r, const struct hit *h, struct draw *d)
{
	bool file = h->kind == HIT_ASSET;

	r->duration_us = draw_wide(d, file ? 40 : 900, file ? 7 : 10);
	r->bytes = r->status == 304 || r->status == 204 || r->status == 499 ? 0
		   : r->status >= 400                                       ? 153
		   : r->status >= 300                                       ? 162
									    : draw_wide(d, 200, 11);
}

void traffic_request(const struct traffic *t, uint32_t i, struct traffic_request *r)
{
	static const char *const protocols[] = {
		"HTTP/2.0", "HTTP/2.0", "HTTP/2.0", "HTTP/3.0", "HTTP/1.1"};
	const struct hit *h = &t->hits[i];
	struct draw d = draw_of(DETAIL_SEED, h->order);
	/* the same for all requests of a person */
	struct draw own = draw_of(AGENT_SEED + h->person, h->client);
	bool browser = h->agent == WORDS_BROWSER;

	r->client.len = r->target.len = r->agent.len = r->referer.len = r->language.len = 0;
	r->ms = h->ms;
	put_client(r, h);
	words_agent(&r->agent, &own, (enum words_agent)h->agent);
	if (browser)
		words_language(&r->language, &own);
	r->protocol = browser ? DRAW_ONE_OF(&own, protocols) : "HTTP/1.1";
	put_target(&r->target, h, &d);
	put_referer(&r->referer, h, &d);
	r->status = draw_status(h, &d);
	r->method = draw_method(h, &d);
	draw_amounts(r, h, &d);
	r->port = draw_from(&d, 1024, 65535);
	r->tls = !draw_one_in(&d, 30);
	r->fetch_site = !browser              ? ""
			: h->from             ? "same-origin"
			: r->referer.len == 0 ? "none"
					      : "cross-site";
	r->id = draw_next(&d);
}
