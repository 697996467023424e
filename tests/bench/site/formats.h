/* formats.h - one request as each product logs it.
 *
 * As the products' own sources and the manual's configurations have it: names, their order, what is
 * left out, types, times and escapes.
 */
#ifndef BENCH_SITE_FORMATS_H
#define BENCH_SITE_FORMATS_H

#include "bench/site/traffic.h"

struct site_format {
	const char *name;
	const char *about;   /* a line for people */
	const char *options; /* that anomdetect needs for it; "-": none */
	const char *jq;      /* how jq reads such lines: -r, or -rR if they are no JSON */
	const char *filter;  /* of jq: prints the client and the status */
	void (*write)(struct text *t, const struct traffic_request *r);
};

/* The last has no name. */
extern const struct site_format formats_all[];

/* Of the files formats_*.c; formats.c connects them. No newline at the end. */
void formats_nginx(struct text *t, const struct traffic_request *r);
void formats_nginx_strings(struct text *t, const struct traffic_request *r);
void formats_nginx_shipped(struct text *t, const struct traffic_request *r);
void formats_apache(struct text *t, const struct traffic_request *r);
void formats_combined(struct text *t, const struct traffic_request *r);
void formats_caddy(struct text *t, const struct traffic_request *r);
void formats_traefik(struct text *t, const struct traffic_request *r);
void formats_haproxy(struct text *t, const struct traffic_request *r);
void formats_envoy(struct text *t, const struct traffic_request *r);

#endif
