"""A hardware encoder of sorts: GStreamer's webrtcbin as Debian packs it, publishing a moving picture over WHIP.

    /usr/bin/python3 whip-encoder.py URL TOKEN vp8|h264

Says what happens as JSON lines on its output; a line on its input (`stop`) makes it say DELETE and end.
"""

import json
import sys
import threading
import urllib.error
import urllib.request
from urllib.parse import urljoin, urlsplit

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

PICTURE = "videotestsrc is-live=true pattern=ball ! video/x-raw,width=640,height=360,framerate=15/1 ! videoconvert"
ENCODERS = {
    "vp8": "vp8enc deadline=1 cpu-used=8 target-bitrate=800000 keyframe-max-dist=60 "
    "! rtpvp8pay picture-id-mode=2 ! application/x-rtp,media=video,encoding-name=VP8,payload=96",
    "h264": "openh264enc bitrate=800000 gop-size=60 ! video/x-h264,profile=constrained-baseline ! h264parse "
    "! rtph264pay config-interval=-1 aggregate-mode=zero-latency "
    "! application/x-rtp,media=video,encoding-name=H264,payload=96",
}


def say(event, **more):
    print(json.dumps({"event": event, **more}), flush=True)


def call(method, url, token, body=None):
    request = urllib.request.Request(url, method=method, data=None if body is None else body.encode())
    request.add_header("Authorization", f"Bearer {token}")
    if body is not None:
        request.add_header("Content-Type", "application/sdp")
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.headers, refused.read().decode()
    except OSError as error:
        return 0, {}, str(error)


class Encoder:
    def __init__(self, url, token, codec):
        self.url, self.token, self.location = url, token, None
        self.loop = GLib.MainLoop()
        self.pipeline = Gst.parse_launch(
            f"webrtcbin name=peer bundle-policy=max-bundle {PICTURE} ! {ENCODERS[codec]} ! peer."
        )
        self.peer = self.pipeline.get_by_name("peer")
        self.peer.connect("on-negotiation-needed", self.negotiate)
        self.peer.connect("notify::ice-gathering-state", self.gathered)
        self.peer.connect("notify::connection-state", self.connection)
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect("message::error", lambda _bus, message: self.fail(message.parse_error()[0].message))

    def run(self):
        self.pipeline.set_state(Gst.State.PLAYING)
        threading.Thread(target=self.listen, daemon=True).start()
        self.loop.run()
        self.pipeline.set_state(Gst.State.NULL)

    def negotiate(self, _peer):
        for transceiver in self.transceivers():
            transceiver.set_property("direction", GstWebRTC.WebRTCRTPTransceiverDirection.SENDONLY)
        self.peer.emit("create-offer", None, Gst.Promise.new_with_change_func(self.offered, None))

    def transceivers(self):
        at = 0
        while (found := self.peer.emit("get-transceiver", at)) is not None:
            yield found
            at += 1

    def offered(self, promise, _data):
        # Held until the end: the description is part of the reply, not a copy.
        reply = promise.get_reply()
        offer = reply.get_value("offer")
        self.peer.emit("set-local-description", offer, Gst.Promise.new())

    def gathered(self, peer, _property):
        """The whole offer at once: what has no trickle does so."""
        if peer.get_property("ice-gathering-state") != GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            return
        offer = peer.get_property("local-description").sdp.as_text()
        threading.Thread(target=self.post, args=(offer,), daemon=True).start()

    def post(self, offer):
        status, headers, text = call("POST", self.url, self.token, offer)
        say("answered", status=status, text=text if status != 201 else "", etag=headers.get("etag"))
        if status != 201:
            return self.loop.quit()
        # Its path only: a server on a free port does not know its own address.
        self.location = urljoin(self.url, urlsplit(headers["location"]).path)
        _, answer = GstSdp.SDPMessage.new_from_text(text)
        description = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, answer)
        self.peer.emit("set-remote-description", description, Gst.Promise.new())

    def connection(self, peer, _property):
        say("connection", state=peer.get_property("connection-state").value_nick)

    def listen(self):
        sys.stdin.readline()
        if self.location is not None:
            status, _, _ = call("DELETE", self.location, self.token)
            say("deleted", status=status)
        self.loop.quit()

    def fail(self, why):
        say("failed", why=why)
        self.loop.quit()


Gst.init(None)
Encoder(*sys.argv[1:4]).run()
