// SPDX-License-Identifier: GPL-2.0
/* By libyaml itself: libcyaml knows where a key is wrong, but not where a value is. */
#include "document.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_MAX_BYTES (1 << 20)

static void not_yaml(const yaml_parser_t *parser, const char *path, const char *about_aliases,
		     struct fault *fault)
{
	const char *problem = parser->problem ? parser->problem : "not YAML";
	bool alias = parser->context && strstr(parser->context, "alias");

	if (parser->error == YAML_READER_ERROR)
		fault_set(fault, "%.200s: byte %zu: %s", path, parser->problem_offset, problem);
	else
		fault_set(fault, "%.200s:%zu:%zu: %s%s", path, parser->problem_mark.line + 1,
			  parser->problem_mark.column + 1, problem, alias ? about_aliases : "");
}

int document_load(struct document *doc, const char *path, const void *text, size_t size,
		  const char *about_aliases, struct fault *fault)
{
	yaml_parser_t parser;
	int err = 0;

	*doc = (struct document){ .path = path, .fault = fault };
	if (!yaml_parser_initialize(&parser)) {
		fault_set(fault, "%s: out of memory", path);
		return -ENOMEM;
	}
	yaml_parser_set_input_string(&parser, text, size);
	if (!yaml_parser_load(&parser, &doc->yaml)) {
		not_yaml(&parser, path, about_aliases, fault);
		err = -EINVAL;
	}
	yaml_parser_delete(&parser);
	return err;
}

void document_release(struct document *doc)
{
	yaml_document_delete(&doc->yaml);
}

yaml_node_t *document_node(struct document *doc, int index)
{
	return yaml_document_get_node(&doc->yaml, index);
}

const char *document_text(const yaml_node_t *node)
{
	if (node->type != YAML_SCALAR_NODE)
		return NULL;
	if (strlen((const char *)node->data.scalar.value) != node->data.scalar.length)
		return NULL;
	return (const char *)node->data.scalar.value;
}

int document_wrong(struct document *doc, const yaml_node_t *at, const char *what)
{
	fault_set(doc->fault, "%.200s:%zu:%zu: %s", doc->path, at->start_mark.line + 1,
		  at->start_mark.column + 1, what);
	return -EINVAL;
}

int document_slurp(const char *path, char **text, size_t *size, struct fault *fault)
{
	FILE *in = strcmp(path, "-") ? fopen(path, "re") : stdin;
	int err = in ? 0 : -errno;

	*text = malloc(SIZE_MAX_BYTES + 1);
	if (!err && !*text)
		err = -ENOMEM;
	if (!err) {
		*size = fread(*text, 1, SIZE_MAX_BYTES + 1, in);
		err = ferror(in) ? -EIO : *size > SIZE_MAX_BYTES ? -EFBIG : 0;
	}
	if (in && in != stdin)
		fclose(in);
	if (err) {
		fault_set(fault, "%.200s: %s", path, strerror(-err));
		free(*text);
		*text = NULL;
	}
	return err;
}
