# SPDX-License-Identifier: Apache-2.0
"""Reads tokens with python3-keystone's own token classes, and makes some with them. JSON in; JSON out, to the file that is named; one process for all of them."""
import inspect
import json
import sys

import keystone.conf
from keystone.token import token_formatters
from keystone.token.providers.jws import core as jws

CONF = keystone.conf.CONF
SCOPES = ['system', 'domain_id', 'project_id', 'trust_id', 'federated_group_ids', 'identity_provider_id', 'protocol_id', 'access_token_id', 'app_cred_id', 'thumbprint']


def configure(order):
    keystone.conf.configure()
    CONF(args=[], project='keystone', default_config_files=[], default_config_dirs=[])
    CONF.set_override('methods', order['methods'], group='auth')
    CONF.set_override('key_repository', order['fernet_keys'], group='fernet_tokens')
    CONF.set_override('jws_private_key_repository', order['jws_private'], group='jwt_tokens')
    CONF.set_override('jws_public_key_repository', order['jws_public'], group='jwt_tokens')


def fields(formatter, token):
    names = ['user_id', 'methods', 'audit_ids'] + SCOPES + ['issued_at', 'expires_at']
    values = formatter.validate_token(token)
    if len(values) < len(names):
        names.remove('thumbprint')
    return dict(zip(names, values)) | {'issued_at': str(values[-2])}


def known(function, values):
    return {name: value for name, value in values.items() if name in inspect.signature(function).parameters}


def answer(case, payloads):
    fernet, signer, wanted = token_formatters.TokenFormatter(), jws.JWSFormatter(), case['fields']
    own = {name: wanted[name] for name in SCOPES}
    common = (wanted['user_id'], wanted['expires_at'], wanted['audit_ids'])
    token, _ = signer.create_token(*common, wanted['methods'], **known(signer.create_token, own))
    result = {'jws_fields': fields(signer, case['jws']), 'jws': token, 'thumbprint': 'thumbprint' in inspect.signature(signer.create_token).parameters}
    if case['version'] in payloads:
        made = fernet.create_token(*common, payloads[case['version']], methods=wanted['methods'], **known(fernet.create_token, own))
        result |= {'fernet_fields': fields(fernet, case['fernet']), 'fernet': made}
    return result


order = json.load(sys.stdin)
configure(order)
versions = {c.version: c for _, c in inspect.getmembers(token_formatters, inspect.isclass) if getattr(c, 'version', None) is not None and hasattr(c, 'assemble')}
with open(sys.argv[1], 'w') as output:
    json.dump([answer(case, versions) for case in order['cases']], output)
