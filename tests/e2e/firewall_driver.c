/* firewall_driver.c - gives shell scripts access to the functions of io/firewall/firewall.h,
 * io/firewall/rule_keeper.h and io/host/privileges.h, so that the end-to-end tests can test them.
 *
 *     firewall_driver [-s NAME] [-4 LEN] [-6 LEN] [-m MAX] [-c TABLE/CHAIN] [-p PORTS] [-n] [-k]
 *                     [-u USER] [-U] COMMAND...
 *
 * -n leaves the firewall rules unchanged. -k makes a rule keeper first. -u becomes USER after the
 * firewall is open, -U drops privileges without a change of user; both keep CAP_NET_ADMIN.
 *
 * Each command is a word with its arguments. All commands run in turn in one session:
 *
 *     ban ADDRESS MS|permanent    unban ADDRESS    has ADDRESS    list    made    flush    teardown
 *     keep    behind    ask    wait
 *
 * `list` prints "ADDRESS SECONDS|permanent" for each entry. `has` prints "in" or "out". `made`
 * prints how many sets the start had to make. `keep` puts back missing firewall rules, and prints
 * "put back" or, if none was missing, "there". `behind` prints "before" if the firewall rules come
 * before all rules that let packets of banned clients pass, or else the fault. `ask` makes the rule
 * keeper do the work of `keep` and `behind`, and prints both results, or "gone" if there is no
 * answer. `wait` prints "waiting", and continues when it has read a line. Meanwhile the shell can
 * change the firewall from outside.
 *
 * Exit status: 0; 1 if a command failed (standard error has its reason, later commands still run);
 * 2 for wrong usage; 3 if the firewall could not be opened or the privileges could not be
 * dropped. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/address.h"
#include "core/base/buf.h"
#include "core/base/num.h"
#include "io/firewall/manual.h"
#include "io/firewall/firewall.h"
#include "io/firewall/rule_keeper.h"
#include "io/host/privileges.h"
#include "io/firewall/drop_rules.h"

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

/* Parses the address and, if `ms_text` is not NULL, the time. */
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

struct driver {
	struct firewall_config config;
	struct firewall *firewall;
	struct rule_keeper *keeper;
	bool with_keeper, drop;
	const char *user;
};

static int ask(struct driver *d)
{
	struct rule_keeper_answer a;
	enum rule_keeper_result result = RULE_KEEPER_WAITING;

	if (!rule_keeper_ask(d->keeper))
		return fail("ask", "not asked");
	if (rule_keeper_ask(d->keeper))
		return fail("ask", "asked twice");
	for (int i = 0; i < 3000 && result == RULE_KEEPER_WAITING; i++) {
		usleep(10000);
		result = rule_keeper_answer(d->keeper, &a);
	}
	if (result != RULE_KEEPER_OK) {
		printf("gone\n");
		return 1;
	}
	if (!a.ok)
		return fail("ask", a.why);
	printf("%s, %s\n", a.put_back ? "put back" : "there", a.behind ? a.why : "before");
	return 0;
}

static int on_behind(struct driver *d)
{
	char why[FIREWALL_WHY_CAP];
	struct drop_rules rules;
	bool yes;

	if (!drop_rules_init(&rules, &d->config, why, sizeof why))
		return fail("behind", why);
	if (!drop_rules_are_bypassed(&rules, &yes, why, sizeof why))
		return fail("behind", why);
	printf("%s\n", yes ? why : "before");
	return 0;
}

/* Runs a command about one address; returns 2 for any other command. */
static int on_address(struct firewall *f, char **argv, int argc, int *used)
{
	struct address a;
	struct span left;
	bool in;

	*used = 2;
	if (strcmp(argv[0], "ban") == 0 && argc >= 3 && parse(argv[1], argv[2], &a, &left)) {
		*used = 3;
		return firewall_ban(f, &a, left) ? 0 : fail("ban", firewall_why(f));
	}
	if (argc < 2 || !parse(argv[1], NULL, &a, &left))
		return 2;
	if (strcmp(argv[0], "unban") == 0)
		return firewall_unban(f, &a) ? 0 : fail("unban", firewall_why(f));
	if (strcmp(argv[0], "has") != 0)
		return 2;
	if (!firewall_has(f, &a, &in))
		return fail("has", firewall_why(f));
	printf("%s\n", in ? "in" : "out");
	return 0;
}

/* Runs the command at argv[0] and sets *used to its number of words; returns 2 for an unknown
 * command. */
static int run(struct driver *d, char **argv, int argc, int *used)
{
	struct firewall *f = d->firewall;
	const char *command = argv[0];
	char line[16];
	bool put, heard;

	*used = 1;
	if (strcmp(command, "list") == 0)
		return firewall_list(f, print_entry, NULL) ? 0 : fail("list", firewall_why(f));
	if (strcmp(command, "made") == 0)
		return printf("%u\n", firewall_made_sets(f)) < 0;
	if (strcmp(command, "flush") == 0)
		return manual_flush(f, &heard) ? 0 : fail("flush", firewall_why(f));
	if (strcmp(command, "teardown") == 0)
		return firewall_teardown(f) ? 0 : fail("teardown", firewall_why(f));
	if (strcmp(command, "keep") == 0) {
		if (!firewall_keep_rules(f, &put))
			return fail("keep", firewall_why(f));
		printf("%s\n", put ? "put back" : "there");
		return 0;
	}
	if (strcmp(command, "behind") == 0)
		return on_behind(d);
	if (strcmp(command, "ask") == 0 && d->keeper)
		return ask(d);
	if (strcmp(command, "wait") == 0) {
		printf("waiting\n");
		return fgets(line, sizeof line, stdin) ? 0 : fail("wait", "end of input");
	}
	return on_address(f, argv, argc, used);
}

static int to_int(const char *text)
{
	uint64_t v;

	return num_u64(text, strlen(text), &v) && v <= INT32_MAX ? (int)v : -1;
}

static bool take_options(struct driver *d, int argc, char **argv)
{
	struct firewall_config *c = &d->config;
	char *slash;
	int option;

	while ((option = getopt(argc, argv, "+s:4:6:m:c:p:u:nkU")) != -1) {
		switch (option) {
		case 's':
			c->set_name = optarg;
			break;
		case '4':
			c->v4_prefix_len = to_int(optarg);
			break;
		case '6':
			c->v6_prefix_len = to_int(optarg);
			break;
		case 'm':
			c->max_entries = (uint32_t)to_int(optarg);
			break;
		case 'c':
			slash = strchr(optarg, '/');
			if (!slash)
				return false;
			*slash = '\0';
			c->table = optarg;
			c->chain = slash + 1;
			break;
		case 'p':
			c->ports = optarg;
			break;
		case 'n':
			c->manage_rule = false;
			break;
		case 'k':
			d->with_keeper = true;
			break;
		case 'u':
			d->user = optarg;
			d->drop = true;
			break;
		case 'U':
			d->drop = true;
			break;
		default:
			return false;
		}
	}
	return true;
}

/* Makes the keeper, opens the firewall and drops privileges, in the same order as the programs. */
static bool open_all(struct driver *d)
{
	char why[FIREWALL_WHY_CAP] = "";

	if (d->with_keeper && !(d->keeper = rule_keeper_new(&d->config, why, sizeof why)))
		return fail("keeper", why), false;
	if (!(d->firewall = firewall_new_ipset(&d->config, why, sizeof why)))
		return fail("open", why), false;
	if (d->drop && !privileges_drop(d->user, true, why, sizeof why))
		return fail("drop", why), false;
	return true;
}

int main(int argc, char **argv)
{
	struct driver d = {.config = {
				   .set_name = "anomdetect",
				   .table = "raw",
				   .chain = "PREROUTING",
				   .manage_rule = true,
				   .v4_prefix_len = 32,
				   .v6_prefix_len = 64,
				   .max_entries = 65536,
				   .default_timeout = span_seconds(600),
			   }};
	int used, code = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!take_options(&d, argc, argv))
		return 2;
	if (!open_all(&d))
		code = 3;
	for (int i = optind; i < argc && code < 2; i += used) {
		int result = run(&d, argv + i, argc - i, &used);
		code = result > code ? result : code;
	}
	firewall_free(d.firewall);
	rule_keeper_free(d.keeper);
	return code;
}
