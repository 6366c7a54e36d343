import type { NetworkInterfaceInfo } from 'node:os';
import { expect, it } from 'vitest';
import { announcedAddress } from './announced.ts';

const on = (address: string, family: 'IPv4' | 'IPv6', internal = false) =>
  ({ address, family, internal, netmask: '', mac: '', cidr: null }) as NetworkInterfaceInfo;
const interfaces = {
  lo: [on('127.0.0.1', 'IPv4', true)],
  eth0: [on('fe80::1', 'IPv6'), on('10.1.2.3', 'IPv4')],
  eth1: [on('192.168.0.2', 'IPv4')],
};

it('is what is set', () => {
  expect(announcedAddress({ announcedAddress: 'media.example.edu', listenIp: '0.0.0.0' }, interfaces)).toBe(
    'media.example.edu',
  );
});

it('is none where the ports are open on one address', () => {
  expect(announcedAddress({ announcedAddress: null, listenIp: '10.1.2.3' }, interfaces)).toBe(null);
});

it('is one that others reach where they are open on every address', () => {
  expect(announcedAddress({ announcedAddress: null, listenIp: '0.0.0.0' }, interfaces)).toBe('10.1.2.3');
  expect(announcedAddress({ announcedAddress: null, listenIp: '::' }, interfaces)).toBe('10.1.2.3');
  expect(announcedAddress({ announcedAddress: null, listenIp: '0.0.0.0' }, { lo: interfaces.lo })).toBe(
    '127.0.0.1',
  );
});
