/* test_rule_text.c - lines of `iptables -S`, as nft and legacy print them and as others put them
 * there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "io/rule_text.h"

static struct rule_text read_line(const char *line)
{
	return rule_text_read(line, strlen(line), "INPUT", "ban4");
}

static void our_rule_is_known_with_and_without_ports(void **state)
{
	static const char *const lines[] = {
		"-A INPUT -m set --match-set ban4 src -j DROP",
		"-A INPUT -p tcp -m multiport --dports 80,443 -m set --match-set ban4 src -j DROP",
		"-A INPUT -i eth0 -m set --match-set ban4 src -m comment --comment \"by hand\" -j DROP",
	};

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct rule_text t = read_line(lines[i]);
		assert_true(t.is_rule && t.drops_set);
		assert_false(t.accepts_open);
		assert_string_equal(t.target, "DROP");
	}
}

static void what_only_resembles_our_rule_is_not_ours(void **state)
{
	static const char *const lines[] = {
		"-A INPUT -m set --match-set ban6 src -j DROP",
		"-A INPUT -m set --match-set ban44 src -j DROP",
		"-A INPUT -m set --match-set ban4 dst -j DROP",
		"-A INPUT -m set ! --match-set ban4 src -j DROP",
		"-A INPUT -m set --match-set ban4 src -j ACCEPT",
		"-A INPUT -m comment --comment \"--match-set ban4 src\" -j DROP",
		"-A INPUT -m comment --comment \"a \\\" --match-set ban4 src\" -j DROP",
		"-A FORWARD -m set --match-set ban4 src -j DROP",
		"-P INPUT DROP",
		"-N INPUT",
		"",
		"-A",
		"-A INPUT -m set --match-set",
	};

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		if (read_line(lines[i]).drops_set)
			fail_msg("taken for ours: %s", lines[i]);
	}
}

static void accepts_of_established_are_known_however_they_are_said(void **state)
{
	static const char *const lines[] = {
		"-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
		"-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT",
		"-A INPUT -m state --state NEW,ESTABLISHED,RELATED -j ACCEPT",
		"-A INPUT -p tcp -m conntrack --ctstate ESTABLISHED -m comment --comment \"x y\" -j ACCEPT",
		"-A INPUT -m conntrack ! --ctstate INVALID -j ACCEPT",
		"-A INPUT -m conntrack ! --ctstate NEW -j ACCEPT",
	};

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		if (!read_line(lines[i]).accepts_open)
			fail_msg("not seen: %s", lines[i]);
	}
}

static void other_rules_do_not_accept_open_connections(void **state)
{
	static const char *const lines[] = {
		"-A INPUT -m conntrack --ctstate RELATED -j ACCEPT",
		"-A INPUT -m conntrack --ctstate ESTABLISHED -j DROP",
		"-A INPUT -m conntrack ! --ctstate RELATED,ESTABLISHED -j ACCEPT",
		"-A INPUT -m conntrack --ctstate NOT_ESTABLISHED -j ACCEPT",
		"-A INPUT -m conntrack --ctstate ESTABLISHED",
		"-A INPUT -i lo -j ACCEPT",
		"-A INPUT -m comment --comment \"--ctstate ESTABLISHED\" -j ACCEPT",
		"-A INPUT -m comment --comment \"\\\" --ctstate ESTABLISHED \\\\\" -j ACCEPT",
		"-A OUTPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT",
		"-A INPUT -m conntrack --ctstate",
	};

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		if (read_line(lines[i]).accepts_open)
			fail_msg("taken for an accept: %s", lines[i]);
	}
}

static void called_chains_are_named_and_comments_call_none(void **state)
{
	(void)state;
	assert_string_equal(read_line("-A INPUT -j ufw-before-input").target, "ufw-before-input");
	assert_string_equal(read_line("-A INPUT -i eth0 -g WEB").target, "WEB");
	assert_string_equal(read_line("-A INPUT -m comment --comment \"-j WEB\"").target, "");
	assert_string_equal(read_line("-A INPUT -m comment --comment -j -j WEB").target, "WEB");
	assert_string_equal(
		read_line("-A INPUT -j 0123456789012345678901234567890123456789").target, "");
	assert_string_equal(read_line("-A INPUT -j").target, "");
}

/* Cut anywhere, as a line longer than the reader's buffer is: read within its bytes. */
static void a_cut_line_is_read_within_its_bytes(void **state)
{
	static const char line[] = "-A INPUT -m comment --comment \"a \\\" b\" -m set --match-set "
				   "ban4 src -m conntrack --ctstate ESTABLISHED -j DROP";

	(void)state;
	for (size_t len = 0; len < sizeof line - 1; len++) {
		char *copy = test_malloc(len + 1);
		memcpy(copy + 1, line, len);
		assert_false(rule_text_read(copy + 1, len, "INPUT", "ban4").drops_set);
		test_free(copy);
	}
	assert_true(read_line(line).drops_set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_rule_is_known_with_and_without_ports),
		cmocka_unit_test(what_only_resembles_our_rule_is_not_ours),
		cmocka_unit_test(accepts_of_established_are_known_however_they_are_said),
		cmocka_unit_test(other_rules_do_not_accept_open_connections),
		cmocka_unit_test(called_chains_are_named_and_comments_call_none),
		cmocka_unit_test(a_cut_line_is_read_within_its_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
