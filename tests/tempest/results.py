# SPDX-License-Identifier: Apache-2.0
"""Sums up a run of Tempest: a subunit v2 stream in; counts, failures with their tracebacks and skips out.

Ends with 1 when a test failed, when one was skipped (what is not to run stands in skips.txt, with its reason), or when none ran.
"""

import collections
import sys

import subunit
import testtools

# Attachments that tell what went wrong; the log of all requests stays in tempest.log.
TOLD = ('traceback', 'reason')


def main():
    tests = []
    result = testtools.StreamToDict(tests.append)
    result.startTestRun()
    subunit.ByteStreamToStreamResult(sys.stdin.buffer, non_subunit_name='output').run(result)
    result.stopTestRun()
    # Worker processes report themselves as tests without a status.
    tests = [test for test in tests if test['id'] != 'output' and test['status'] not in ('exists', 'unknown')]
    counts = collections.Counter(test['status'] for test in tests)
    for test in sorted(tests, key=lambda test: test['id']):
        if test['status'] not in ('success', 'xfail'):
            print(f"== {test['status'].upper()} {test['id']}")
            for name, detail in sorted(test['details'].items()):
                if name.startswith(TOLD):
                    print(detail.as_text().rstrip())
    failed = len(tests) - counts['success'] - counts['xfail'] - counts['skip']
    print(f"tempest: {counts['success'] + counts['xfail']} passed, {failed} failed, {counts['skip']} skipped")
    return 1 if failed or counts['skip'] or not tests else 0


if __name__ == '__main__':
    sys.exit(main())
