// The worker is written for libsrtp 3, whose functions take separate buffers in and out and lengths as size_t.
// Systems have libsrtp 2, which works in place on int lengths: this header is the one on top of the other.
#pragma once
#include <srtp2/srtp.h>
#include <cstddef>
#include <cstdint>
#include <cstring>

#define srtp_err_status_buffer_small (static_cast<srtp_err_status_t>(28))
#define srtp_err_status_cryptex_err (static_cast<srtp_err_status_t>(29))

namespace yoklama_srtp
{
	// Copies where the buffers differ, then lets `work` change the copy. `growth`: bytes that it may add.
	template<typename Work>
	inline srtp_err_status_t inPlace(
	  const uint8_t* in, size_t inLength, uint8_t* out, size_t* outLength, size_t growth, Work work)
	{
		if (in != out)
		{
			if (inLength + growth > *outLength)
			{
				return srtp_err_status_buffer_small;
			}
			std::memmove(out, in, inLength);
		}
		int length = static_cast<int>(inLength);
		const srtp_err_status_t status = work(out, &length);
		if (status == srtp_err_status_ok)
		{
			*outLength = static_cast<size_t>(length);
		}
		return status;
	}
} // namespace yoklama_srtp

inline srtp_err_status_t srtp_protect(
  srtp_t session, const uint8_t* in, size_t inLength, uint8_t* out, size_t* outLength, size_t /*mkiIndex*/)
{
	return yoklama_srtp::inPlace(
	  in, inLength, out, outLength, SRTP_MAX_TRAILER_LEN, [session](uint8_t* data, int* length) {
		  return ::srtp_protect(session, static_cast<void*>(data), length);
	  });
}

inline srtp_err_status_t srtp_protect_rtcp(
  srtp_t session, const uint8_t* in, size_t inLength, uint8_t* out, size_t* outLength, size_t /*mkiIndex*/)
{
	// RTCP carries its index of four bytes besides the tag.
	return yoklama_srtp::inPlace(
	  in, inLength, out, outLength, SRTP_MAX_TRAILER_LEN + 4, [session](uint8_t* data, int* length) {
		  return ::srtp_protect_rtcp(session, static_cast<void*>(data), length);
	  });
}

inline srtp_err_status_t srtp_unprotect(
  srtp_t session, const uint8_t* in, size_t inLength, uint8_t* out, size_t* outLength)
{
	return yoklama_srtp::inPlace(in, inLength, out, outLength, 0, [session](uint8_t* data, int* length) {
		return ::srtp_unprotect(session, static_cast<void*>(data), length);
	});
}

inline srtp_err_status_t srtp_unprotect_rtcp(
  srtp_t session, const uint8_t* in, size_t inLength, uint8_t* out, size_t* outLength)
{
	return yoklama_srtp::inPlace(in, inLength, out, outLength, 0, [session](uint8_t* data, int* length) {
		return ::srtp_unprotect_rtcp(session, static_cast<void*>(data), length);
	});
}

// The worker passes the source in network order already, as libsrtp 2 wants it.
inline srtp_err_status_t srtp_stream_remove(srtp_t session, uint32_t ssrc)
{
	return ::srtp_remove_stream(session, ssrc);
}
