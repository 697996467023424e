/* formats.h - one request as each product logs it.
 *
 * Names, their sequence, missing members, types, times and escapes are as in the products' source
 * code and the manual's configurations.
 */
#ifndef BENCH_SITE_FORMATS_H
#define BENCH_SITE_FORMATS_H

#include "bench/site/traffic.h"

struct site_format {
	const char *name;
	const char *about;   /* a description */
	const char *options; /* anomdetect's options for it; "-": none */
	/* jq's options for these lines: -r, or -rR if the lines are not JSON */
	const char *jq;
	const char *filter; /* jq's filter that prints client and status */
	void (*write)(struct text *t, const struct traffic_request *r);
};

/* The last element has no name. */
extern const struct site_format formats_all[];

/* Defined in the files formats_*.c, and listed in formats.c. They write no newline. */
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
