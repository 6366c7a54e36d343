#!/usr/bin/env python3
"""An IP camera for tests: serves elementary streams over RTSP in real time, in an endless loop.

usage: rtsp-camera.py [--port N] [--path /cam] [--codec h264|hevc] [--fps 25] [--user U --password P] FILE...

Every FILE is an Annex B stream whose access units begin with a delimiter and whose key frames repeat the
parameter sets (tests/support/video.ts makes such files). Several files play one after the other, so that streams
of two sizes make a camera that changes its resolution.

Like a camera, it has one clock: frame number i of the loop is sent at `startedAtMs + i / fps`, whoever is
connected; a client that comes later begins with the next key frame. The first line of output is JSON. It ends
when its standard input is closed, so that it does not outlive the test that started it.
"""
import argparse
import json
import sys
import time

import gi

gi.require_version('Gst', '1.0')
gi.require_version('GstRtspServer', '1.0')
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

DELIMITER = {'h264': b'\x00\x00\x00\x01\x09', 'hevc': b'\x00\x00\x00\x01\x46\x01'}
CAPS = {'h264': 'video/x-h264', 'hevc': 'video/x-h265'}
PARSER = {'h264': 'h264parse', 'hevc': 'h265parse'}
PAYLOADER = {'h264': 'rtph264pay', 'hevc': 'rtph265pay'}


def is_key_frame(unit, codec):
    """Looks for the first slice in an access unit and tells whether it is a random access point."""
    at = unit.find(b'\x00\x00\x01')
    while at >= 0:
        header = unit[at + 3]
        if codec == 'h264' and header & 31 in (1, 5):
            return header & 31 == 5
        if codec == 'hevc' and (header >> 1) & 63 < 32:
            return 16 <= (header >> 1) & 63 <= 23
        at = unit.find(b'\x00\x00\x01', at + 3)
    return False


def access_units(path, codec):
    with open(path, 'rb') as file:
        pieces = file.read().split(DELIMITER[codec])
    if len(pieces) < 2:
        raise SystemExit(f'{path}: no access unit delimiters of {codec}')
    units = [DELIMITER[codec] + piece for piece in pieces[1:]]
    return [(unit, is_key_frame(unit, codec)) for unit in units]


class Feeder:
    """Hands the access unit that is due to every connected client's pipeline."""

    def __init__(self, units, fps):
        self.units, self.fps = units, fps
        self.started = time.time() + 0.2
        self.sent = 0
        self.clients = []

    def add(self, element):
        self.clients.append({'source': element, 'first': None, 'waits': True})

    def tick(self):
        unit, key = self.units[self.sent % len(self.units)]
        for client in list(self.clients):
            if client['waits'] and not key:
                continue
            client['waits'] = False
            if client['first'] is None:
                client['first'] = self.sent
            buffer = Gst.Buffer.new_wrapped(unit)
            buffer.pts = buffer.dts = (self.sent - client['first']) * Gst.SECOND // self.fps
            buffer.duration = Gst.SECOND // self.fps
            if not key:
                buffer.set_flags(Gst.BufferFlags.DELTA_UNIT)
            if client['source'].emit('push-buffer', buffer) != Gst.FlowReturn.OK:
                self.clients.remove(client)
        self.sent += 1
        # A short delay is made up for. After a long pause (the process was stopped) a camera goes on with the
        # present, not with what it missed, and that begins with a key frame.
        present = int((time.time() - self.started) * self.fps)
        if present - self.sent > self.fps:
            self.sent = present
            for client in self.clients:
                client['waits'] = True
        due = self.started + self.sent / self.fps
        GLib.timeout_add(max(0, int((due - time.time()) * 1000)), self.tick)
        return False


class Factory(GstRtspServer.RTSPMediaFactory):
    def __init__(self, codec, feeder):
        super().__init__()
        self.codec, self.feeder = codec, feeder

    def do_create_element(self, url):
        element = Gst.parse_launch(
            f'( appsrc name=source is-live=true format=time ! {PARSER[self.codec]} '
            f'! {PAYLOADER[self.codec]} name=pay0 pt=96 config-interval=-1 )'
        )
        source = element.get_by_name('source')
        source.set_property('caps', Gst.Caps.from_string(
            f'{CAPS[self.codec]},stream-format=byte-stream,alignment=au'))
        self.feeder.add(source)
        return element


def require_password(server, factory, user, password):
    token = GstRtspServer.RTSPToken()
    token.set_string('media.factory.role', 'viewer')
    auth = GstRtspServer.RTSPAuth()
    auth.set_supported_methods(2)  # GST_RTSP_AUTH_DIGEST
    auth.add_digest(user, password, token)
    server.set_auth(auth)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role('viewer', 'media.factory.access', True)
    permissions.add_permission_for_role('viewer', 'media.factory.construct', True)
    factory.set_permissions(permissions)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--port', type=int, default=0)
    parser.add_argument('--path', default='/cam')
    parser.add_argument('--codec', choices=('h264', 'hevc'), default='h264')
    parser.add_argument('--fps', type=int, default=25)
    parser.add_argument('--user')
    parser.add_argument('--password', default='')
    parser.add_argument('files', nargs='+')
    options = parser.parse_args()

    Gst.init(None)
    units = [unit for path in options.files for unit in access_units(path, options.codec)]
    feeder = Feeder(units, options.fps)
    factory = Factory(options.codec, feeder)
    factory.set_shared(True)
    server = GstRtspServer.RTSPServer()
    server.set_address('127.0.0.1')
    server.set_service(str(options.port))
    if options.user:
        require_password(server, factory, options.user, options.password)
    server.get_mount_points().add_factory(options.path, factory)
    if server.attach(None) == 0:
        raise SystemExit(f'port {options.port} cannot be bound')
    feeder.tick()
    print(json.dumps({
        'port': server.get_bound_port(),
        'path': options.path,
        'frames': len(units),
        'fps': options.fps,
        'startedAtMs': round(feeder.started * 1000),
    }), flush=True)
    loop = GLib.MainLoop()
    GLib.io_add_watch(sys.stdin, GLib.IO_HUP, lambda *_: loop.quit())
    loop.run()


main()
