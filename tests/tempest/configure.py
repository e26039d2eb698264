# SPDX-License-Identifier: Apache-2.0
"""Writes tempest.conf for a cloud of `meridian up`, or for a Keystone alone: configure.py STATE-DIR WORKSPACE.

A feature is off where docs/compatibility.md says that Meridian does not have it; nothing else is left out. Of a service that the
catalog does not have, nothing is configured.
"""

import configparser
import os
import sys

import openstack

# What no cloud of Meridian has yet: docs/tempest.md lists it.
NOT_BUILT = {
    'compute-feature-enabled': {
        'attach_encrypted_volume': False,
        'change_password': False,
        'cold_migration': False,
        'live_migration': False,
        'pause': False,
        'rescue': False,
        'resize': False,
        'shelve': False,
        'suspend': False,
    },
    'image-feature-enabled': {'import_image': False},
}


def first(things, name):
    for thing in things:
        if thing.name == name:
            return thing
    sys.exit(f'tempest: the cloud has no {name}: is `meridian up` done?')


def identity(cloud, state):
    # What an operator turned on in keystone.conf; by default nothing of it is.
    keystone = configparser.RawConfigParser(strict=False)
    keystone.read(f'{state}/etc/{cloud.config.region_name}/keystone.conf')
    compliance = dict(keystone['security_compliance']) if 'security_compliance' in keystone else {}
    return {
        'identity': {
            'uri_v3': cloud.config.get_auth_args()['auth_url'],
            'v3_endpoint_type': 'public',
            'region': cloud.config.region_name,
            'user_lockout_failure_attempts': compliance.get('lockout_failure_attempts', 0),
            'user_lockout_duration': compliance.get('lockout_duration', 0),
            'user_unique_last_password_count': compliance.get('unique_last_password_count', 0),
        },
        'identity-feature-enabled': {
            'access_rules': True,
            'application_credentials': True,
            'project_tags': True,
            'security_compliance': bool(compliance),
            'trust': True,
        },
    }


def compute(cloud):
    image = first(cloud.image.images(), 'meridian-guest')
    alternative = cloud.image.find_image('tempest-alternative')
    if alternative is None:
        # Tempest rebuilds from, and filters by, a second image.
        alternative = cloud.create_image(
            'tempest-alternative', data=cloud.image.download_image(image).content, disk_format=image.disk_format,
            container_format='bare', visibility='public', wait=True)
    return {
        'compute': {
            'image_ref': image.id,
            'image_ref_alt': alternative.id,
            'flavor_ref': first(cloud.compute.flavors(), 'm1.nano').id,
            'flavor_ref_alt': first(cloud.compute.flavors(), 'm1.micro').id,
            'min_microversion': '2.1',
            'max_microversion': 'latest',
            'hypervisor_type': next(cloud.compute.hypervisors(details=True)).hypervisor_type,
        },
        'placement': {'min_microversion': '1.0', 'max_microversion': 'latest'},
        # A simulated cloud has no guest to log in to; tests/Meridian.System.Tests do that with a real one.
        'validation': {'run_validation': False},
    }


def network(cloud):
    public = first(cloud.network.networks(), 'public')
    extensions = sorted(extension.alias for extension in cloud.network.extensions())
    return {
        'network': {
            'public_network_id': public.id,
            'floating_network_name': public.name,
            'project_networks_reachable': False,
        },
        'network-feature-enabled': {
            'api_extensions': ','.join(extensions),
            'available_features': '',
            'ipv6_subnet_attributes': True,
            'port_security': 'port-security' in extensions,
        },
    }


def main(state, workspace):
    os.environ['OS_CLIENT_CONFIG_FILE'] = f'{state}/clouds.yaml'
    cloud = openstack.connect(cloud='meridian-one-admin')
    auth = cloud.config.get_auth_args()
    types = {service['type'] for service in cloud.service_catalog}
    options = {
        'DEFAULT': {'log_file': f'{workspace}/tempest.log', 'debug': True},
        'oslo_concurrency': {'lock_path': f'{workspace}/lock'},
        'auth': {
            'use_dynamic_credentials': True,
            'admin_username': auth['username'],
            'admin_password': auth['password'],
            'admin_project_name': auth['project_name'],
            'admin_domain_name': auth['user_domain_name'],
            'tempest_roles': 'member',
        },
        'service_available': {
            'cinder': False,
            'swift': False,
            'neutron': 'network' in types,
            'glance': 'image' in types,
            'nova': 'compute' in types,
        },
        **identity(cloud, state),
        **(compute(cloud) if 'compute' in types else {}),
        **(network(cloud) if 'network' in types else {}),
    }
    for section, values in NOT_BUILT.items():
        options.setdefault(section, {}).update(values)
    parser = configparser.RawConfigParser()
    for section, values in options.items():
        if section != 'DEFAULT':
            parser.add_section(section)
        for name, value in values.items():
            parser.set(section, name, str(value))
    path = f'{workspace}/etc/tempest.conf'
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w') as file:
        parser.write(file)
    print(f'Wrote {path}')


if __name__ == '__main__':
    main(*sys.argv[1:3])
