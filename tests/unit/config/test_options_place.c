/* test_options_place.c - the message about a wrong value names the line of the configuration file
 * that contains the value. */
#include "io/config/options_place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/given_file.h"

/* Returns the message `text` after options_place has added the number of its line in this file. */
static const char *placed(const char *file, const char *text)
{
	static char why[512];

	write_bytes(file, strlen(file));
	snprintf(why, sizeof why, "%s", text);
	errno = ENOSPC;
	options_place(&(struct options){.config = path}, why, sizeof why);
	assert_int_equal(errno, ENOSPC);
	size_t len = strlen(path);
	return strncmp(why, path, len) == 0 ? why + len : why; /* without the path */
}

static void message_names_the_line_of_its_option_and_value(void **state)
{
	static const char file[] =
		"# allow x\n\nallow 2001:db8::x\n \tallow\t x \r\ntz x\nallow xx";

	(void)state;
	assert_string_equal(placed(file, "--allow: 'x' is not an address"),
		": line 4: --allow: 'x' is not an address");
	assert_string_equal(placed(file, "--allow: '2001:db8::x' is none"),
		": line 3: --allow: '2001:db8::x' is none");
	assert_string_equal(
		placed(file, "--tz: 'x' is not a zone"), ": line 5: --tz: 'x' is not a zone");
	assert_string_equal(
		placed(file, "--allow: 'xx' is none"), ": line 6: --allow: 'xx' is none");
	assert_string_equal(placed("tz x\ntz x\n", "--tz: 'x' is not a zone"),
		": line 2: --tz: 'x' is not a zone"); /* the last value counts */
}

static void message_without_an_option_and_value_of_the_file_stays_unchanged(void **state)
{
	static const char *const texts[] = {"--allow: 'y' is none", "--allo: 'x' is none",
		"--allowx: 'x' is none", "--allow 'x' is none", "--allow: x is none", "--allow: 'x",
		"--", "", "out of memory", "file: line 3: --allow: 'x' is none",
		"--allow: '' is none"};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_string_equal(placed("allow x\nallow\nallowx\n", texts[i]), texts[i]);
}

static void message_names_no_line_without_a_file(void **state)
{
	char why[] = "--allow: 'x' is none";

	(void)state;
	options_place(&(struct options){.config = NULL}, why, sizeof why);
	options_place(&(struct options){.config = "/nonexistent", .service = "/nonexistent"}, why,
		sizeof why);
	assert_string_equal(why, "--allow: 'x' is none");
}

/* The systemd unit has an environment file with the settings LOG and OPTIONS. The message names
 * this file and the setting. */
static void message_names_the_environment_file_and_its_setting(void **state)
{
	static const char text[] = "LOG=/a\nOPTIONS=\"--tz UTC \\\n--allow 192.0.2\"\n";
	const struct options o = {.service = path};
	char why[512] = "--allow: '192.0.2' is none", other[] = "--allow: '2001:db8' is none",
	     name[] = "--state-group: '192.0.2' is none";

	(void)state;
	write_bytes(text, strlen(text));
	options_place(&o, why, sizeof why);
	assert_ptr_equal(strstr(why, path), why);
	assert_string_equal(why + strlen(path), ": OPTIONS: --allow: '192.0.2' is none");
	options_place(&o, other, sizeof other);
	assert_string_equal(other, "--allow: '2001:db8' is none");
	options_place(&o, name, sizeof name);
	assert_string_equal(name, "--state-group: '192.0.2' is none");
}

static void long_message_is_cut(void **state)
{
	char why[30] = "--allow: 'x' is none";

	(void)state;
	write_bytes("allow x\n", 8);
	options_place(&(struct options){.config = path}, why, sizeof why);
	assert_int_equal(strlen(why), sizeof why - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(message_names_the_line_of_its_option_and_value),
		cmocka_unit_test(message_without_an_option_and_value_of_the_file_stays_unchanged),
		cmocka_unit_test(message_names_no_line_without_a_file),
		cmocka_unit_test(message_names_the_environment_file_and_its_setting),
		cmocka_unit_test(long_message_is_cut),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
