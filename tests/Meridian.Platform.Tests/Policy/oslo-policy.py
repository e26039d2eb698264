# SPDX-License-Identifier: Apache-2.0
"""Answers, a line of JSON each, what oslo.policy makes of rules: true or false, or "error" for what Meridian refuses at start."""
import ast
import collections
import json
import sys
import warnings

from oslo_config import cfg
from oslo_policy import _checks
from oslo_policy import _parser
from oslo_policy import policy

warnings.simplefilter('ignore')


class Failures:
    """Stands where the parser logs what it could not read, before it lets that never hold."""

    count = 0

    def exception(self, *unused):
        self.count += 1

    error = exception


class Anything(collections.defaultdict):
    def __missing__(self, key):
        return 'x'


failures = _parser.LOG = Failures()
conf = cfg.ConfigOpts()
conf([])


def parts(check):
    return getattr(check, 'rules', None) or ([check.rule] if isinstance(check, _checks.NotCheck) else [])


def is_wrong(check, rules, path):
    """What oslo.policy only finds when it is asked: bad formats, missing rules, circles, other servers."""
    if not isinstance(check, _checks.BaseCheck):
        return True
    if isinstance(check, _checks.RuleCheck):
        name = check.match if check.match in rules else 'default'
        return name not in rules or name in path or is_wrong(rules[name], rules, path + [name])
    if isinstance(check, _checks.Check):
        if type(check) not in (_checks.RoleCheck, _checks.GenericCheck):
            return True
        try:
            check.match % Anything()
            if isinstance(check, _checks.GenericCheck):
                ast.literal_eval(check.kind)
        except (SyntaxError, TypeError):
            return True
        except ValueError as error:
            return 'malformed' not in str(error)
    return any(is_wrong(part, rules, path) for part in parts(check))


def judge(case):
    failures.count = 0
    rules = {name: _parser.parse_rule(rule) for name, rule in case['rules'].items()}
    if failures.count or any(is_wrong(check, rules, [name]) for name, check in rules.items()):
        return 'error'
    enforcer = policy.Enforcer(conf, use_conf=False, default_rule='default')
    conf.set_override('enforce_scope', True, group='oslo_policy')
    enforcer.set_rules(policy.Rules(rules, 'default'))
    enforcer.register_default(policy.RuleDefault('asked', '@', scope_types=case['scopes']))
    return bool(enforcer.enforce('asked', case['target'], case['credentials']))


for line in sys.stdin:
    print(json.dumps(judge(json.loads(line))), flush=True)
