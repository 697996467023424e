/* firewall_driver.c - the firewall from a shell: what tests/e2e/ipset-sets-and-rules.t drives.
 *
 *     firewall_driver [-s NAME] [-4 LEN] [-6 LEN] [-m MAX] [-c TABLE/CHAIN] [-n] COMMAND...
 *
 * Each command is a word and its arguments; they run one after the other in one session:
 *     ban ADDRESS MS|permanent    unban ADDRESS    list    keep    wait
 * `list` prints "ADDRESS SECONDS|permanent", `keep` "put back" or "there". `wait` prints "waiting"
 * and goes on when a line comes on standard input: the shell does things behind our back meanwhile.
 * -n leaves the rules alone. Exit 0; 1 when a command failed (its reason is on standard error, the
 * next ones still run); 2 usage; 3 when the firewall could not be opened. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/address.h"
#include "core/buf.h"
#include "core/num.h"
#include "io/firewall.h"

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why);
	return 1;
}

static void print_entry(void *ctx, const struct address *client, struct span left)
{
	char text[ADDRESS_TEXT_MAX + 32];
	struct buf b;

	(void)ctx;
	buf_init(&b, text, sizeof text);
	buf_put_address(&b, client);
	buf_put_char(&b, ' ');
	if (left.ms == SPAN_MAX.ms)
		buf_put_text(&b, "permanent");
	else
		buf_put_i64(&b, span_to_seconds(left));
	printf("%.*s\n", (int)b.len, text);
}

/* The address and, when `ms_text` is not NULL, the time. */
static bool parse(const char *text, const char *ms_text, struct address *a, struct span *left)
{
	uint64_t ms = 0;

	if (!address_parse_prefix(text, strlen(text), a))
		return false;
	if (ms_text && strcmp(ms_text, "permanent") == 0) {
		*left = SPAN_MAX;
		return true;
	}
	if (ms_text && (!num_u64(ms_text, strlen(ms_text), &ms) || ms > INT64_MAX))
		return false;
	*left = (struct span){(int64_t)ms};
	return true;
}

/* Runs the command at argv[0]; *used is how many words it took, 0 when it is none. */
static int run(struct firewall *f, char **argv, int argc, int *used)
{
	struct address a;
	struct span left;
	char line[16];
	bool put;

	*used = 0;
	if (strcmp(argv[0], "ban") == 0 && argc >= 3 && parse(argv[1], argv[2], &a, &left)) {
		*used = 3;
		return firewall_ban(f, &a, left) ? 0 : fail("ban", firewall_why(f));
	}
	if (strcmp(argv[0], "unban") == 0 && argc >= 2 && parse(argv[1], NULL, &a, &left)) {
		*used = 2;
		return firewall_unban(f, &a) ? 0 : fail("unban", firewall_why(f));
	}
	if (strcmp(argv[0], "list") == 0) {
		*used = 1;
		return firewall_list(f, print_entry, NULL) ? 0 : fail("list", firewall_why(f));
	}
	if (strcmp(argv[0], "keep") == 0) {
		*used = 1;
		if (!firewall_keep_rules(f, &put))
			return fail("keep", firewall_why(f));
		printf("%s\n", put ? "put back" : "there");
		return 0;
	}
	if (strcmp(argv[0], "wait") == 0) {
		*used = 1;
		printf("waiting\n");
		return fgets(line, sizeof line, stdin) ? 0 : fail("wait", "end of input");
	}
	return 2;
}

static int to_int(const char *text)
{
	uint64_t v;

	return num_u64(text, strlen(text), &v) && v <= INT32_MAX ? (int)v : -1;
}

int main(int argc, char **argv)
{
	struct firewall_config config = {
		.set_name = "anomdetect",
		.table = "raw",
		.chain = "PREROUTING",
		.manage_rule = true,
		.v4_prefix_len = 32,
		.v6_prefix_len = 64,
		.max_entries = 65536,
		.default_timeout = span_seconds(600),
	};
	char why[FIREWALL_WHY_CAP] = "", *slash;
	int option, used, code = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((option = getopt(argc, argv, "+s:4:6:m:c:n")) != -1) {
		switch (option) {
		case 's':
			config.set_name = optarg;
			break;
		case '4':
			config.v4_prefix_len = to_int(optarg);
			break;
		case '6':
			config.v6_prefix_len = to_int(optarg);
			break;
		case 'm':
			config.max_entries = (uint32_t)to_int(optarg);
			break;
		case 'c':
			slash = strchr(optarg, '/');
			if (!slash)
				return 2;
			*slash = '\0';
			config.table = optarg;
			config.chain = slash + 1;
			break;
		case 'n':
			config.manage_rule = false;
			break;
		default:
			return 2;
		}
	}
	struct firewall *f = firewall_new_ipset(&config, why, sizeof why);
	if (!f) {
		fail("open", why);
		return 3;
	}
	for (int i = optind; i < argc && code != 2; i += used) {
		int result = run(f, argv + i, argc - i, &used);
		code = result > code ? result : code;
	}
	firewall_free(f);
	return code;
}
