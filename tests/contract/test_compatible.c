/* test_compatible.c: nothing inside v1 has changed that breaks who was built with a release.
 *
 * tests/contract/released/<version> holds the contracts of each release, without their comments, as `make
 * release-contracts` wrote them: a checkout without tags has them too. Tags that are there are compared as well. The
 * checker itself is tested by planted changes, one of each kind, through protoc. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../support/check_main.h"
#include "compatible.h"

#define RELEASED "tests/contract/released"
#define SET_MOST ((size_t)4 << 20)

typedef Google__Protobuf__FileDescriptorSet set_proto;

static char folder[64];

static void make_folder(void)
{
	strcpy(folder, "/tmp/hearth-contracts.XXXXXX");
	if (mkdtemp(folder) == NULL)
		abort();
}

static void remove_folder(void)
{
	char command[128];
	snprintf(command, sizeof command, "rm -rf %s", folder);
	if (system(command) != 0)
		abort();
}

/* All contracts below `root` as protoc sees them; free with free_unpacked. NULL: protoc refuses them. */
static set_proto *set_of(const char *root)
{
	char command[600], path[128];
	snprintf(path, sizeof path, "%s/set.%d", folder, (int)getpid());
	snprintf(command, sizeof command,
	         "cd '%s' && find . -name '*.proto' -printf '%%P\\n' | xargs protoc -I. -I/usr/include --descriptor_set_out=%s"
	         " 2>%s/said", root, path, folder);
	if (system(command) != 0)
		return NULL;
	FILE *file = fopen(path, "rb");
	uint8_t *bytes = malloc(SET_MOST);
	ck_assert(file != NULL && bytes != NULL);
	size_t size = fread(bytes, 1, SET_MOST, file);
	fclose(file);
	unlink(path);
	ck_assert_uint_lt(size, SET_MOST);
	set_proto *set = google__protobuf__file_descriptor_set__unpack(NULL, size, bytes);
	free(bytes);
	ck_assert_ptr_nonnull(set);
	return set;
}

struct heard { char text[8192]; };

static void hear(void *context, const char *sentence)
{
	struct heard *heard = context;
	size_t used = strlen(heard->text);
	snprintf(heard->text + used, sizeof heard->text - used, "  %s\n", sentence);
}

/* ---- releases ---- */

static void compare_with(const char *name, const char *root)
{
	struct heard heard = { "" };
	set_proto *before = set_of(root), *now = set_of("proto");
	ck_assert_msg(before != NULL && now != NULL, "protoc does not read the contracts of %s", name);
	ck_assert_uint_gt(before->n_file, 0);
	size_t count = compatible_compare(before, now, hear, &heard);
	ck_assert_msg(count == 0, "%zu changes break callers of %s. Inside v1 contracts only grow: add beside what is there."
	              " (If %s was never released: make release-contracts.)\n%s", count, name, name, heard.text);
	google__protobuf__file_descriptor_set__free_unpacked(before, NULL);
	google__protobuf__file_descriptor_set__free_unpacked(now, NULL);
}

START_TEST(the_contracts_understand_every_release)
{
	DIR *directory = opendir(RELEASED);
	struct dirent *entry;
	size_t releases = 0;
	ck_assert_ptr_nonnull(directory);
	while ((entry = readdir(directory)) != NULL) {
		char root[300];
		if (entry->d_name[0] == '.')
			continue;
		snprintf(root, sizeof root, RELEASED "/%s", entry->d_name);
		compare_with(entry->d_name, root);
		releases++;
	}
	closedir(directory);
	ck_assert_uint_ge(releases, 1);
}
END_TEST

/* Without git, or without tags, there is nothing to do: what is kept above holds. */
START_TEST(the_contracts_understand_every_tag_that_is_here)
{
	FILE *tags = popen("git tag --list 'v[0-9]*' 2>/dev/null", "r");
	char tag[100];
	ck_assert_ptr_nonnull(tags);
	while (fgets(tag, sizeof tag, tags) != NULL) {
		char command[500], root[200];
		tag[strcspn(tag, "\n")] = '\0';
		ck_assert_uint_eq(strspn(tag, "v0123456789.-abcdefghijklmnopqrstuvwxyz"), strlen(tag));
		snprintf(root, sizeof root, "%s/%s", folder, tag);
		snprintf(command, sizeof command, "mkdir -p %s && git archive '%s' proto | tar -x -C %s", root, tag, root);
		ck_assert_int_eq(system(command), 0);
		strcat(root, "/proto");
		compare_with(tag, root);
	}
	pclose(tags);
}
END_TEST

/* ---- the checker ---- */

static const char planted[] =
	"syntax = \"proto3\";\npackage p.v1;\n"
	"message Child {\n  string id = 1;\n  int64 version = 2;\n  repeated string names = 3;\n  Sex sex = 4;\n"
	"  reserved 7, 9 to 12;\n  reserved \"address\";\n"
	"  oneof known {\n    string birth = 5;\n    int32 age = 6;\n  }\n"
	"  message Inner {\n    bool there = 1;\n  }\n  enum State {\n    NONE = 0;\n    OPEN = 1;\n  }\n"
	"  Inner inner = 13;\n  repeated int32 counts = 14;\n}\n"
	"enum Sex {\n  SEX_UNSPECIFIED = 0;\n  F = 1;\n  M = 2;\n  reserved 5;\n  reserved \"X\";\n}\n"
	"message Request {\n  string id = 1;\n}\n"
	"service Children {\n  rpc Get(Request) returns (Child);\n  rpc Put(Child) returns (Request);\n}\n"
	"service Others {\n  rpc Look(Request) returns (Child);\n}\n";

/* `from` becomes `to`; `says` is what is found, "" for a change that breaks nobody. */
static const struct plant { const char *from, *to, *says; } plants[] = {
	{ "  string id = 1;\n  int64", "  int64", "p.v1.Child.id (1) is gone" },
	{ "string id = 1;\n  int64", "reserved 1;\n  int64", "p.v1.Child.id (1) is gone" },
	{ "string id = 1;\n  int64", "string id = 21;\n  int64", "p.v1.Child.id has number 21, was 1" },
	{ "string id = 1;\n  int64 version = 2", "string id = 2;\n  int64 version = 1", "p.v1.Child.version has number 1, was 2" },
	{ "string id = 1;\n  int64", "string key = 1;\n  int64", "p.v1.Child.id (1) is called key" },
	{ "string id = 1;\n  int64", "string id = 1 [json_name = \"key\"];\n  int64", "p.v1.Child.id is called key in JSON, was id" },
	{ "string id = 1;\n  int64", "bytes id = 1;\n  int64", "p.v1.Child.id has another type: 12 , was 9" },
	{ "int64 version", "int32 version", "p.v1.Child.version has another type" },
	{ "  Inner inner", "  Request inner", "p.v1.Child.inner has another type: 11 .p.v1.Request, was 11 .p.v1.Child.Inner" },
	{ "repeated string names", "string names", "p.v1.Child.names has another label: 1, was 3" },
	{ "int64 version", "repeated int64 version", "p.v1.Child.version has another label: 3, was 1" },
	{ "counts = 14", "counts = 14 [packed = false]", "p.v1.Child.counts is packed otherwise" },
	{ "    int32 age = 6;\n  }\n", "  }\n  int32 age = 6;\n", "p.v1.Child.age is in oneof \"\", was in \"known\"" },
	{ "  string id = 1;\n  int64", "  oneof key {\n    string id = 1;\n  }\n  int64",
	  "p.v1.Child.id is in oneof \"key\", was in \"\"" },
	{ "oneof known", "oneof told", "p.v1.Child.birth is in oneof \"told\", was in \"known\"" },
	{ "  reserved 7, 9 to 12;\n", "  reserved 9 to 12;\n  string new = 7;\n", "p.v1.Child.new uses the reserved number 7" },
	{ "9 to 12;\n", "9 to 11;\n", "p.v1.Child: 9 to 12 are reserved no longer" },
	{ "  reserved \"address\";\n", "  string address = 20;\n", "p.v1.Child.address uses a reserved name" },
	{ "  reserved \"address\";\n", "", "p.v1.Child: \"address\" is reserved no longer" },
	{ "  message Inner {\n    bool there = 1;\n  }\n", "", NULL },
	{ "    bool there = 1;\n", "", "p.v1.Child.Inner.there (1) is gone" },
	{ "    OPEN = 1;\n", "", "p.v1.Child.State.OPEN (1) is gone" },
	{ "  enum State {\n    NONE = 0;\n    OPEN = 1;\n  }\n", "", "p.v1.Child.State is gone" },
	{ "  M = 2;\n", "", "p.v1.Sex.M (2) is gone" },
	{ "  M = 2;\n", "  M = 3;\n", "p.v1.Sex.M has number 3, was 2" },
	{ "  M = 2;\n", "  MALE = 2;\n", "p.v1.Sex.M (2) is gone" },
	{ "  reserved 5;\n", "  Y = 5;\n", "p.v1.Sex.Y uses the reserved number 5" },
	{ "  reserved 5;\n", "", "p.v1.Sex: 5 to 5 are reserved no longer" },
	{ "  reserved \"X\";\n", "  X = 8;\n", "p.v1.Sex.X uses a reserved name" },
	{ "  reserved \"X\";\n", "", "p.v1.Sex: \"X\" is reserved no longer" },
	{ "  rpc Put(Child) returns (Request);\n", "", "p.v1.Children/Put is gone" },
	{ "rpc Put(Child)", "rpc Store(Child)", "p.v1.Children/Put is gone" },
	{ "Put(Child) returns (Request)", "Put(Request) returns (Request)", "p.v1.Children/Put takes .p.v1.Request, was .p.v1.Child" },
	{ "Put(Child) returns (Request)", "Put(Child) returns (Child)", "p.v1.Children/Put answers .p.v1.Child, was .p.v1.Request" },
	{ "returns (Request)", "returns (stream Request)", "p.v1.Children/Put is a stream otherwise" },
	{ "service Others {\n  rpc Look(Request) returns (Child);\n}\n", "", "p.v1.Others is gone" },
	{ "package p.v1;", "package p.v2;", "p.v1.Child is gone" },
	/* Growing. */
	{ "int64 version = 2;", "int64 version = 2;\n  string more = 30;", "" },
	{ "  M = 2;\n", "  M = 2;\n  N = 3;\n", "" },
	{ "    int32 age = 6;\n", "    int32 age = 6;\n    bool never = 31;\n", "" },
	{ "service Children {\n", "service Children {\n  rpc New(Request) returns (Request);\n", "" },
	{ "reserved 7, 9 to 12;", "reserved 7, 8 to 10, 11 to 12;", "" },
	{ "message Request {", "message Newer {\n  Child child = 1;\n}\nmessage Request {", "" },
	{ "string id = 1;\n  int64", "/* said better */ string id = 1;\n  int64", "" },
};

static set_proto *compile(const char *text)
{
	char root[100], path[120];
	snprintf(root, sizeof root, "%s/planted", folder);
	snprintf(path, sizeof path, "%s/p.proto", root);
	mkdir(root, 0700);
	FILE *file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
	return set_of(root);
}

static void try_plant(const set_proto *before, const struct plant *plant)
{
	static char text[sizeof planted + 200];
	struct heard heard = { "" };
	const char *at = strstr(planted, plant->from);
	ck_assert_msg(at != NULL, "\"%s\" is not in what is planted in", plant->from);
	snprintf(text, sizeof text, "%.*s%s%s", (int)(at - planted), planted, plant->to, at + strlen(plant->from));
	set_proto *after = compile(text);
	if (plant->says == NULL) {
		ck_assert_msg(after == NULL, "protoc takes \"%s\"", plant->to);
		return;
	}
	ck_assert_msg(after != NULL, "protoc does not take \"%s\"", plant->to);
	size_t count = compatible_compare(before, after, hear, &heard);
	if (plant->says[0] == '\0')
		ck_assert_msg(count == 0, "\"%s\" breaks nobody, but: %s", plant->to, heard.text);
	else
		ck_assert_msg(count > 0 && strstr(heard.text, plant->says) != NULL, "not said: \"%s\", but: %s", plant->says, heard.text);
	google__protobuf__file_descriptor_set__free_unpacked(after, NULL);
}

START_TEST(the_checker_finds_a_change_of_every_kind_and_none_that_is_harmless)
{
	set_proto *before = compile(planted);
	ck_assert_ptr_nonnull(before);
	for (size_t i = 0; i < sizeof plants / sizeof plants[0]; i++)
		try_plant(before, &plants[i]);
	google__protobuf__file_descriptor_set__free_unpacked(before, NULL);
}
END_TEST

START_TEST(a_message_may_move_to_another_file_of_its_package)
{
	struct heard heard = { "" };
	set_proto *before = compile(planted), *after = compile(planted);
	Google__Protobuf__FileDescriptorProto second = GOOGLE__PROTOBUF__FILE_DESCRIPTOR_PROTO__INIT,
		*first = after->file[0], *both[] = { first, &second };
	size_t last = first->n_message_type - 1;
	second.package = first->package;
	second.n_message_type = 1;
	second.message_type = &first->message_type[last];
	first->n_message_type = last;
	set_proto moved = GOOGLE__PROTOBUF__FILE_DESCRIPTOR_SET__INIT;
	moved.n_file = 2;
	moved.file = both;
	ck_assert_msg(compatible_compare(before, &moved, hear, &heard) == 0, "%s", heard.text);
	first->n_message_type = last + 1;
	google__protobuf__file_descriptor_set__free_unpacked(before, NULL);
	google__protobuf__file_descriptor_set__free_unpacked(after, NULL);
}
END_TEST

int main(void)
{
	const struct check_options options = { make_folder, remove_folder, 100 };
	return CHECK_MAIN_WITH(&options, "compatible", the_contracts_understand_every_release,
	                       the_contracts_understand_every_tag_that_is_here,
	                       the_checker_finds_a_change_of_every_kind_and_none_that_is_harmless,
	                       a_message_may_move_to_another_file_of_its_package);
}
