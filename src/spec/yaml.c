// SPDX-License-Identifier: GPL-2.0
/* By libyaml itself: libcyaml knows where a key is wrong, but not where a value is. */
#include "urbscope/spec.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define SPEC_MAX (1 << 20)	/* bytes */

struct reader {
	const char *path;
	yaml_document_t document;
	struct check_spec *spec;
	struct fault *fault;
};

static int wrong(struct reader *r, const yaml_node_t *at, const char *what)
{
	fault_set(r->fault, "%.200s:%zu:%zu: %s", r->path, at->start_mark.line + 1,
		  at->start_mark.column + 1, what);
	return -EINVAL;
}

static yaml_node_t *node_of(struct reader *r, int index)
{
	return yaml_document_get_node(&r->document, index);
}

/* The text of a scalar; NULL: it is none, or not text. */
static const char *text_of(const yaml_node_t *node)
{
	if (node->type != YAML_SCALAR_NODE)
		return NULL;
	if (strlen((const char *)node->data.scalar.value) != node->data.scalar.length)
		return NULL;
	return (const char *)node->data.scalar.value;
}

typedef int (*take)(struct reader *r, struct check_target *target, const yaml_node_t *key,
		    const yaml_node_t *value);

/* One value, or a list of them. */
static int take_each(struct reader *r, struct check_target *target, const yaml_node_t *key,
		     const yaml_node_t *value, take take)
{
	int err = 0;

	if (value->type != YAML_SEQUENCE_NODE)
		return take(r, target, key, value);
	for (yaml_node_item_t *i = value->data.sequence.items.start;
	     !err && i < value->data.sequence.items.top; i++)
		err = take(r, target, key, node_of(r, *i));
	return err;
}

static int take_selector(struct reader *r, struct check_target *target, const yaml_node_t *key,
			 const yaml_node_t *value)
{
	const char *text = text_of(value);
	struct fault fault = { "" };
	size_t used = strlen(target->name);

	(void)key;
	if (!text)
		return wrong(r, value, "endpoint: write a selector, such as 17e9:6006/bulk-in");
	if (target->selector_cnt == CHECK_SELECTORS)
		return wrong(r, value, "endpoint: too many selectors together; write wider ones");
	if (selector_parse(text, &target->selectors[target->selector_cnt], &fault))
		return wrong(r, value, fault.text);
	target->selector_cnt++;
	snprintf(target->name + used, sizeof(target->name) - used, "%s%s", used ? " or " : "", text);
	return 0;
}

static int take_include(struct reader *r, struct check_target *target, const yaml_node_t *key,
			const yaml_node_t *value)
{
	const char *text = text_of(value);

	(void)key;
	if (text && !strcmp(text, "ramp"))
		target->include_ramp = true;
	else if (text && !strcmp(text, "drain"))
		target->include_drain = true;
	else
		return wrong(r, value, "include: write ramp, drain, or [ramp, drain]");
	return 0;
}

static int take_assertion(struct reader *r, struct check_target *target, const yaml_node_t *key,
			  const yaml_node_t *value)
{
	const char *name = text_of(key), *text = text_of(value);
	struct fault fault = { "" };
	struct assertion *a = check_target_assertion(target);
	int err = -EINVAL;

	if (!a) {
		fault_set(r->fault, "%s: out of memory", r->path);
		return -ENOMEM;
	}
	for (int kind = 0; text && kind < ASSERTION_KINDS; kind++) {
		if (!strcmp(name, assertion_info(kind)->name))
			err = assertion_parse(kind, text, a, &fault);
	}
	if (text && !strcmp(name, "model"))
		err = assertion_parse_model(text, a, &fault);
	if (text && !strcmp(name, "rules")) {
		*a = (struct assertion){ .kind = ASSERT_RULES, .share = 1 };
		err = strcmp(text, "all") ? -EINVAL : 0;
		if (err)
			fault_set(&fault, "rules: write all");
	}
	return err ? wrong(r, value, text ? fault.text : "write one value, or a list of them") : 0;
}

static bool is_assertion(const char *name)
{
	for (int kind = 0; kind < ASSERTION_KINDS; kind++) {
		if (!strcmp(name, assertion_info(kind)->name))
			return true;
	}
	return !strcmp(name, "model") || !strcmp(name, "rules");
}

static int take_pair(struct reader *r, struct check_target *target, const yaml_node_t *key,
		     const yaml_node_t *value)
{
	const char *name = text_of(key);
	char what[200];

	if (name && !strcmp(name, "endpoint"))
		return take_each(r, target, key, value, take_selector);
	if (name && !strcmp(name, "include"))
		return take_each(r, target, key, value, take_include);
	if (name && is_assertion(name))
		return take_each(r, target, key, value, take_assertion);
	snprintf(what, sizeof(what), "no key '%.60s': `urbscope check --help` lists the assertions",
		 name ? name : "?");
	return wrong(r, key, what);
}

static int take_target(struct reader *r, const yaml_node_t *node)
{
	struct check_target *target;

	if (node->type != YAML_MAPPING_NODE)
		return wrong(r, node, "write `endpoint: SELECTOR` and what must hold on it");
	target = check_spec_target(r->spec);
	if (!target) {
		fault_set(r->fault, "%s: out of memory", r->path);
		return -ENOMEM;
	}
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top; pair++) {
		int err = take_pair(r, target, node_of(r, pair->key), node_of(r, pair->value));

		if (err)
			return err;
	}
	if (!target->selector_cnt)
		return wrong(r, node, "on which endpoint? Add `endpoint: SELECTOR`");
	if (!target->assertion_cnt)
		return wrong(r, node, "nothing must hold here; add an assertion, such as `min-depth: 2`");
	return 0;
}

static int take_document(struct reader *r)
{
	const yaml_node_t *root = yaml_document_get_root_node(&r->document);
	int err = 0;

	if (!root) {
		fault_set(r->fault, "%.200s: empty: a spec is a list of `- endpoint: SELECTOR` with what "
				    "must hold there", r->path);
		return -EINVAL;
	}
	if (root->type != YAML_SEQUENCE_NODE || root->data.sequence.items.start ==
						root->data.sequence.items.top)
		return wrong(r, root, "a spec is a list: begin with `- endpoint: SELECTOR`");
	for (yaml_node_item_t *i = root->data.sequence.items.start;
	     !err && i < root->data.sequence.items.top; i++)
		err = take_target(r, node_of(r, *i));
	return err;
}

static int not_yaml(struct reader *r, const yaml_parser_t *parser)
{
	const char *problem = parser->problem ? parser->problem : "not YAML";
	bool alias = parser->context && strstr(parser->context, "alias");

	if (parser->error == YAML_READER_ERROR)
		fault_set(r->fault, "%.200s: byte %zu: %s", r->path, parser->problem_offset, problem);
	else
		fault_set(r->fault, "%.200s:%zu:%zu: %s%s", r->path, parser->problem_mark.line + 1,
			  parser->problem_mark.column + 1, problem,
			  alias ? "; a selector that begins with * must be quoted: '*/bulk-in'" : "");
	return -EINVAL;
}

int spec_parse(const char *path, const void *text, size_t size, struct check_spec *spec,
	       struct fault *fault)
{
	struct reader r = { .path = path, .spec = spec, .fault = fault };
	yaml_parser_t parser;
	int err;

	if (!yaml_parser_initialize(&parser)) {
		fault_set(fault, "%s: out of memory", path);
		return -ENOMEM;
	}
	yaml_parser_set_input_string(&parser, text, size);
	if (yaml_parser_load(&parser, &r.document)) {
		err = take_document(&r);
		yaml_document_delete(&r.document);
	} else {
		err = not_yaml(&r, &parser);
	}
	yaml_parser_delete(&parser);
	return err;
}

int spec_read(const char *path, struct check_spec *spec, struct fault *fault)
{
	FILE *in = strcmp(path, "-") ? fopen(path, "re") : stdin;
	char *text = malloc(SPEC_MAX + 1);
	int err = in && text ? 0 : -errno;
	size_t size = 0;

	if (!err) {
		size = fread(text, 1, SPEC_MAX + 1, in);
		err = ferror(in) ? -EIO : size > SPEC_MAX ? -EFBIG : 0;
	}
	if (in && in != stdin)
		fclose(in);
	if (err)
		fault_set(fault, "%.200s: %s", path, strerror(-err));
	else
		err = spec_parse(path, text, size, spec, fault);
	free(text);
	return err;
}
