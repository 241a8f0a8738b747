// SPDX-License-Identifier: GPL-2.0
/*
 * jsonget FILE [PATH]: prints the value at PATH (see tests/lib/jsonread.h) of a JSON file, or of
 * stdin for "-". Strings come bare, all else as written. Without PATH the file is only checked.
 * Exit status: 0 found, 1 nothing there, 2 not JSON or not readable.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/jsonread.h"

static char *slurp(FILE *in, size_t *n)
{
	size_t room = 0, got;
	char *all = NULL;

	*n = 0;
	do {
		if (*n + 65536 > room) {
			room = room * 2 + 65536;
			all = realloc(all, room);
			if (!all)
				abort();
		}
		got = fread(all + *n, 1, 65536, in);
		*n += got;
	} while (got);
	return all;
}

int main(int argc, char **argv)
{
	struct json_value *root;
	const struct json_value *v;
	size_t n, count = SIZE_MAX;
	char error[128], *text;
	FILE *in;

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: jsonget FILE [PATH]\n");
		return 2;
	}
	in = strcmp(argv[1], "-") ? fopen(argv[1], "r") : stdin;
	if (!in) {
		fprintf(stderr, "jsonget: %s: cannot be opened\n", argv[1]);
		return 2;
	}
	text = slurp(in, &n);
	fclose(in);
	root = json_read(text, n, error, sizeof(error));
	free(text);
	if (!root) {
		fprintf(stderr, "jsonget: %s: %s\n", argv[1], error);
		return 2;
	}
	v = argc == 3 ? json_at(root, argv[2], &count) : root;
	if (v && count != SIZE_MAX)
		printf("%zu\n", count);
	else if (v && argc == 3)
		printf("%s\n", v->text);
	json_value_free(root);
	return !v;
}
