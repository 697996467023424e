/* bench_ipset.c - how many bans per second are possible at most: adds entries to one kernel set as
 * fast as libipset can.
 *
 *     bench_ipset SET N   makes hash:ip SET, adds N timed addresses, prints adds per second
 */
#include <arpa/inet.h>
#include <libipset/data.h>
#include <libipset/session.h>
#include <libipset/types.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const uint8_t family = NFPROTO_IPV4;
static const uint32_t seconds = 600;

static int fail(struct ipset_session *s)
{
	fprintf(stderr, "bench_ipset: %s", ipset_session_report_msg(s));
	return 1;
}

static bool make(struct ipset_session *s, const char *name)
{
	static const uint32_t most = 1000000, buckets = 131072;
	struct ipset_data *d = ipset_session_data(s);
	const struct ipset_type *type;

	ipset_data_set(d, IPSET_SETNAME, name);
	ipset_data_set(d, IPSET_OPT_TYPENAME, "hash:ip");
	ipset_data_set(d, IPSET_OPT_FAMILY, &family);
	type = ipset_type_get(s, IPSET_CMD_CREATE);
	if (!type)
		return false;
	ipset_data_set(d, IPSET_OPT_TYPE, type);
	ipset_data_set(d, IPSET_OPT_TIMEOUT, &seconds);
	ipset_data_set(d, IPSET_OPT_MAXELEM, &most);
	ipset_data_set(d, IPSET_OPT_HASHSIZE, &buckets);
	return ipset_cmd(s, IPSET_CMD_CREATE, 0) == 0;
}

static bool add(struct ipset_session *s, const char *name, uint32_t host_order)
{
	struct ipset_data *d = ipset_session_data(s);
	uint32_t ip = htonl(host_order);

	ipset_data_set(d, IPSET_SETNAME, name);
	if (!ipset_type_get(s, IPSET_CMD_ADD))
		return false;
	ipset_data_set(d, IPSET_OPT_FAMILY, &family);
	ipset_data_set(d, IPSET_OPT_IP, &ip);
	ipset_data_set(d, IPSET_OPT_TIMEOUT, &seconds);
	return ipset_cmd(s, IPSET_CMD_ADD, 0) == 0;
}

int main(int argc, char **argv)
{
	struct timespec a, b;
	uint32_t n = argc == 3 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;

	if (!n) {
		fputs("usage: bench_ipset SET N\n", stderr);
		return 2;
	}
	ipset_load_types();
	struct ipset_session *s = ipset_session_init(NULL, NULL);
	if (!s)
		return 1;
	ipset_envopt_set(s, IPSET_ENV_EXIST);
	if (!make(s, argv[1]))
		return fail(s);
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (uint32_t i = 0; i < n; i++) {
		if (!add(s, argv[1], 0xcd000000u + i))
			return fail(s);
	}
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("%.0f\n",
		n / ((double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9));
	ipset_session_fini(s);
	return 0;
}
