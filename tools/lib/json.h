/* SPDX-License-Identifier: GPL-2.0 */
/* Objects and faults as JSON: the names of attributes are those of the spec. */
#ifndef _FP_JSON_H
#define _FP_JSON_H

#include <jansson.h>
#include "model.h"

/* New references; NULL without memory. */
json_t *fp_obj_json(const struct fp_obj *obj);
json_t *fp_errs_json(const struct fp_errs *errs);
/* A string that may not be UTF-8. */
json_t *fp_json_text(const char *s);

#endif /* _FP_JSON_H */
