#include "engine/tcp/tcp_session.h"

#include <doctest/doctest.h>

#include "tests/engine/tcp/tcp_conversation.h"

namespace weir::engine {
namespace {

using namespace test;

TEST_CASE("tcp session: a three-way handshake, data, and an orderly end go through the states") {
  TcpConversation t;
  CHECK(t.client(kSyn, -1, 0).in_session);
  CHECK(t.session().state() == TcpState::syn_sent);
  t.server(kSynAck, -1, 0);
  CHECK(t.session().state() == TcpState::syn_recv);
  CHECK(t.client(kAck, 0, 0).became_established);
  CHECK(t.session().state() == TcpState::established);

  const auto request = t.client(kAck | kPsh, 0, 0, "hello");
  CHECK(request.payload_added);
  CHECK_FALSE(request.app_update[0]);
  CHECK(t.read(kToServer).empty());
  const auto reply = t.server(kAck, 0, 5, "world");
  CHECK(reply.app_update[0]);
  CHECK_FALSE(reply.app_update[1]);
  CHECK(t.read(kToServer) == "hello");
  CHECK(t.client(kAck, 5, 5).app_update[1]);
  CHECK(t.read(kToClient) == "world");

  const auto fin = t.client(kAck | kFin, 5, 5);
  CHECK_FALSE(fin.app_update[0]);  // a parser is told when the connection is closed
  CHECK(t.session().state() == TcpState::close_wait);
  t.server(kAck | kFin, 5, 6);
  CHECK(t.session().state() == TcpState::last_ack);
  CHECK(t.read(kToServer).empty());
  const auto last = t.client(kAck, 6, 6);
  CHECK_FALSE(last.became_closed);  // last_ack counts as closed already
  CHECK(t.session().state() == TcpState::closed);
  CHECK(last.app_update[0]);
  CHECK(last.app_update[1]);
  CHECK(t.read(kToServer) == "$");
  CHECK(t.read(kToClient) == "$");
  CHECK(t.session().flags(kToServer) == (kSyn | kAck | kPsh | kFin));
  CHECK(t.to_server().bytes_seen() == 7);  // SYN, five bytes, FIN
}

TEST_CASE("tcp session: what begins no connection is not followed, and RST and FIN say so") {
  struct Row {
    std::uint8_t flags;
    bool expects_event;
    Anomaly event;
  };
  for (const Row& row :
       {Row{kAck, false, {}}, Row{kSynAck, false, {}}, Row{kRst, true, Anomaly::stream_rst_but_no_session},
        Row{kFin | kAck, true, Anomaly::stream_fin_but_no_session},
        Row{kSyn | kFin, true, Anomaly::stream_fin_syn}}) {
    TcpConversation t;
    CHECK_FALSE(t.client(row.flags, 0, 0, "data").in_session);
    CHECK_FALSE(t.session().followed());
    CHECK(t.session().flags(kToServer) == 0);
    CHECK(t.noted(row.event) == row.expects_event);
  }
}

TEST_CASE("tcp session: answers that do not fit the handshake are refused with their event") {
  // An ACK alone says nothing that would be wrong; it is ignored.
  const auto after_syn = [](auto&& segment, bool refused = true) {
    TcpConversation t;
    t.client(kSyn, -1, 0);
    const bool invalid = segment(t).invalid;
    CHECK(invalid == refused);
    CHECK(t.session().state() == TcpState::syn_sent);
    return std::vector<Anomaly>(t.session().events().begin(), t.session().events().end());
  };
  using V = std::vector<Anomaly>;
  CHECK(after_syn([](auto& t) { return t.server(kSynAck, -1, 7); }) ==
        V{Anomaly::stream_3whs_synack_with_wrong_ack});
  CHECK(after_syn([](auto& t) { return t.client(kSynAck, -1, 0); }) ==
        V{Anomaly::stream_3whs_synack_in_wrong_direction});
  CHECK(after_syn([](auto& t) { return t.client(kAck, 0, 0); }, false).empty());

  const auto after_synack = [](auto&& segment) {
    TcpConversation t;
    t.client(kSyn, -1, 0);
    t.server(kSynAck, -1, 0);
    const bool invalid = segment(t).invalid;
    CHECK(invalid);
    CHECK(t.session().state() == TcpState::syn_recv);
    return std::vector<Anomaly>(t.session().events().begin(), t.session().events().end());
  };
  CHECK(after_synack([](auto& t) { return t.server(kAck, 0, 0); }) ==
        V{Anomaly::stream_3whs_ack_in_wrong_dir});
  CHECK(after_synack([](auto& t) { return t.server(kSynAck, -1, 9); }) ==
        V{Anomaly::stream_3whs_synack_resend_with_different_ack});
  CHECK(after_synack([](auto& t) { return t.client(kSynAck, 0, 0); }) ==
        V{Anomaly::stream_3whs_synack_toserver_on_syn_recv});
  CHECK(after_synack([](auto& t) { return t.client(kSyn, 99, 0); }) ==
        V{Anomaly::stream_3whs_syn_resend_diff_seq_on_syn_recv});
  CHECK(after_synack([](auto& t) { return t.server(kSyn, -1, 0); }) ==
        V{Anomaly::stream_3whs_syn_toclient_on_syn_recv});
  CHECK(after_synack([](auto& t) { return t.client(kAck, 0, 100000); }) ==
        V{Anomaly::stream_3whs_right_seq_wrong_ack_evasion});
  CHECK(after_synack([](auto& t) { return t.client(kAck, -50, 100000); }) ==
        V{Anomaly::stream_3whs_wrong_seq_wrong_ack});
}

TEST_CASE("tcp session: of several SYN|ACKs the one that the client confirms counts") {
  TcpConversation t;
  t.client(kSyn, -1, 0);
  t.server(kSynAck, 899, 0);
  t.server(kSynAck, -1, 0);
  CHECK(t.noted(Anomaly::stream_3whs_synack_resend_with_diff_seq));
  CHECK(t.client(kAck, 0, 0).became_established);
  t.server(kAck, 0, 0, "banner");
  t.client(kAck, 0, 6);
  CHECK(t.read(kToClient) == "banner");
}

TEST_CASE("tcp session: too many different SYN|ACKs or SYNs are a flood") {
  TcpConversation t;
  t.client(kSyn, -1, 0);
  t.server(kSynAck, -1, 0);
  for (int i = 1; i <= 5; ++i) CHECK_FALSE(t.server(kSynAck, i * 100, 0).invalid);
  CHECK(t.server(kSynAck, 900, 0).invalid);
  CHECK(t.noted(Anomaly::stream_3whs_synack_flood));
  TcpConversation u;
  for (int i = 0; i <= 10; ++i) CHECK_FALSE(u.client(kSyn, i * 100, 0).invalid);
  CHECK(u.client(kSyn, 5000, 0).invalid);
  CHECK(u.noted(Anomaly::stream_3whs_syn_flood));
}

TEST_CASE("tcp session: of several SYNs the one that the server confirms counts") {
  TcpConversation t;
  t.client(kSyn, 500, 0);
  t.client(kSyn, -1, 0);
  t.server(kSynAck, -1, 0);
  t.client(kAck, 0, 0);
  t.client(kAck, 0, 0, "data");
  t.server(kAck, 0, 4);
  CHECK(t.read(kToServer) == "data");
}

TEST_CASE("tcp session: a split handshake is followed, with the client still the client") {
  TcpConversation t;
  t.client(kSyn, -1, 0);
  t.server(kSyn, -1, 0);
  CHECK_FALSE(t.client(kSynAck, -1, 0).invalid);
  CHECK(t.server(kAck, 0, 0).became_established);
  CHECK(t.client(kAck, 0, 0, "evil").payload_added);
  t.server(kAck, 0, 4);
  CHECK(t.read(kToServer) == "evil");
}

TEST_CASE("tcp session: data in a SYN count only with fast open") {
  for (const bool fast_open : {false, true}) {
    CAPTURE(fast_open);
    TcpConversation t;
    t.next.raw().tcp.have_tfo = fast_open;
    t.client(kSyn, -1, 0, "early");
    t.server(kSynAck, -1, fast_open ? 5 : 0);
    t.client(kAck, fast_open ? 5 : 0, 0);
    CHECK(t.session().state() == TcpState::established);
    t.server(kAck, 0, fast_open ? 5 : 0);
    CHECK(t.read(kToServer) == (fast_open ? "early" : ""));
  }
  TcpConversation t;
  t.next.raw().tcp.have_tfo = true;
  t.client(kSyn, -1, 0, "early");
  t.server(kSynAck, -1, 0);
  CHECK(t.noted(Anomaly::stream_3whs_synack_tfo_data_ignored));
  t.client(kAck, 0, 0, "early");
  t.server(kAck, 0, 5);
  CHECK(t.read(kToServer) == "early");
}

TEST_CASE("tcp session: a segment outside the window is refused, a scaled window is wider") {
  for (const bool scaled : {false, true}) {
    CAPTURE(scaled);
    TcpConversation t;
    t.window = 1000;
    if (scaled) t.next.scale(4);
    t.client(kSyn, -1, 0);
    if (scaled) t.next.scale(4);
    t.server(kSynAck, -1, 0);
    t.client(kAck, 0, 0);
    t.server(kAck, 0, 0);
    const auto far = t.client(kAck, 1001, 0, "x");
    CHECK(far.invalid == !scaled);
    CHECK(far.payload_added == scaled);
    CHECK(t.noted(Anomaly::stream_est_packet_out_of_window) == !scaled);
  }
}

TEST_CASE("tcp session: a segment that does nothing but take back room is told of, one with news is not") {
  TcpConversation t;
  t.handshake();
  t.window = 1000;
  t.client(kAck, 0, 0, "news");
  CHECK_FALSE(t.noted(Anomaly::stream_pkt_bad_window_update));
  t.client(kAck, 4, 0);
  CHECK_FALSE(t.noted(Anomaly::stream_pkt_bad_window_update));  // as large as before
  t.window = 900;
  t.client(kAck, 4, 0);
  CHECK(t.noted(Anomaly::stream_pkt_bad_window_update));
}

TEST_CASE("tcp session: acknowledgments of what was never sent, and long past ones, are refused") {
  TcpConversation t;
  t.window = 1000;
  t.handshake();
  CHECK(t.server(kAck, 0, 5000).invalid);
  CHECK(t.noted(Anomaly::stream_pkt_invalid_ack));
  CHECK(t.noted(Anomaly::stream_est_invalid_ack));
  CHECK(t.server(kAck, 0, -1500).invalid);
  CHECK_FALSE(t.server(kAck, 0, -1).invalid);
}

TEST_CASE("tcp session: a timestamp from the past is refused, one after 24 days is not") {
  TcpConversation t;
  t.next.timestamp(1000, 0);
  t.client(kSyn, -1, 0);
  t.next.timestamp(500, 1000);
  t.server(kSynAck, -1, 0);
  t.next.timestamp(1001, 500);
  t.client(kAck, 0, 0);
  t.next.timestamp(900, 500);
  CHECK(t.client(kAck, 0, 0, "old").invalid);
  CHECK(t.noted(Anomaly::stream_pkt_invalid_timestamp));
  t.next.timestamp(900, 500).after(25LL * 24 * 3600 * kSecond);
  CHECK_FALSE(t.client(kAck, 0, 0, "new").invalid);
}

TEST_CASE("tcp session: an answer that echoes a timestamp we never sent does not end the attempt") {
  TcpConversation t;
  t.next.timestamp(1000, 0);
  t.client(kSyn, -1, 0);
  t.next.timestamp(1, 77);
  CHECK(t.server(kRst | kAck, -1, 0).invalid);
  CHECK(t.noted(Anomaly::stream_pkt_invalid_timestamp));
  CHECK(t.session().state() == TcpState::syn_sent);
  CHECK(t.server(kRst | kAck, -1, 0).invalid);  // and its sequence number is not 0
}

TEST_CASE("tcp session: SYN and SYN|ACK again on an open connection change nothing") {
  struct Row {
    bool from_client;
    std::uint8_t flags;
    int sequence, acknowledgment;
    Anomaly event;
    bool refused = true;
  };
  // A SYN|ACK that asks for its ACK again is let through: the first may have been lost.
  for (const Row& row : {Row{true, kSyn, -1, 0, Anomaly::stream_est_syn_resend},
                         Row{true, kSyn, 70, 0, Anomaly::stream_est_syn_resend_diff_seq},
                         Row{false, kSyn, -1, 0, Anomaly::stream_est_syn_toclient},
                         Row{true, kSynAck, -1, 0, Anomaly::stream_est_synack_toserver},
                         Row{false, kSynAck, -1, 0, Anomaly::stream_est_synack_resend, false},
                         Row{false, kSynAck, 70, 0, Anomaly::stream_est_synack_resend_with_diff_seq},
                         Row{false, kSynAck, -1, 70, Anomaly::stream_est_synack_resend_with_different_ack}}) {
    TcpConversation t;
    t.handshake();
    const auto got = row.from_client ? t.client(row.flags, row.sequence, row.acknowledgment)
                                     : t.server(row.flags, row.sequence, row.acknowledgment);
    CHECK(got.invalid == row.refused);
    CHECK(t.noted(row.event));
    CHECK(t.session().state() == TcpState::established);
  }
}

TEST_CASE("tcp session: keep-alives and their answers are no data") {
  TcpConversation t;
  t.handshake();
  t.client(kAck, 0, 0, "abc");
  t.server(kAck, 0, 3);
  const auto probe = t.client(kAck, 2, 0, "?");
  CHECK_FALSE(probe.invalid);
  CHECK_FALSE(probe.payload_added);
  CHECK_FALSE(t.server(kAck, 0, 3).invalid);
  t.client(kAck, 3, 0, "def");
  t.server(kAck, 0, 6);
  CHECK(t.read(kToServer) == "abcdef");
}

TEST_CASE("tcp session: a probe of a closed window is taken") {
  TcpConversation t;
  t.handshake();
  t.client(kAck, 0, 0, "abc");
  t.window = 0;
  t.server(kAck, 0, 3);
  t.window = 65535;
  CHECK_FALSE(t.client(kAck, 3, 0, "d").invalid);
  t.server(kAck, 0, 4);
  CHECK(t.read(kToServer) == "abcd");
}

TEST_CASE("tcp session: bytes that were confirmed before are a spurious retransmission") {
  TcpConversation t;
  t.handshake();
  t.client(kAck, 0, 0, "abc");
  CHECK(t.client(kAck, 0, 0, "abc").is_retransmission);
  CHECK(t.noted(Anomaly::stream_pkt_retransmission));
  t.server(kAck, 0, 3);
  const auto again = t.client(kAck, 0, 0, "xyz");
  CHECK(again.is_retransmission);
  CHECK(again.payload_added);  // it was looked at in the stream when it came first
  CHECK(t.noted(Anomaly::stream_pkt_spurious_retransmission));
  CHECK(t.read(kToServer) == "abc");
}

TEST_CASE("tcp session: midstream is picked up only when asked for, from either side") {
  for (const bool from_client : {true, false}) {
    CAPTURE(from_client);
    StreamSettings settings;
    settings.midstream = true;
    TcpConversation t{settings};
    const auto first = from_client ? t.client(kAck, 0, 0, "hello") : t.server(kAck, 0, 0, "hello");
    CHECK(first.became_established);
    CHECK(t.session().is_midstream());
    from_client ? t.server(kAck, 0, 5) : t.client(kAck, 0, 5);
    CHECK(t.read(from_client ? kToServer : kToClient) == "hello");
  }
}

TEST_CASE("tcp session: midstream the last segment is picked up when it has data") {
  struct Row {
    std::uint8_t flags;
    std::string_view data;
    bool midstream, taken;
  };
  for (const Row& row :
       {Row{kFin | kAck, "bye", true, true}, Row{kFin | kAck, "", true, false}, Row{kFin, "bye", true, false},
        Row{kFin | kAck, "bye", false, false}}) {
    CAPTURE(row.flags);
    CAPTURE(row.data);
    StreamSettings settings;
    settings.midstream = row.midstream;
    TcpConversation t{settings};
    t.client(row.flags, 0, 0, row.data);
    CHECK(t.noted(Anomaly::stream_fin_but_no_session) != row.taken);
    CHECK(t.session().state() == (row.taken ? TcpState::close_wait : TcpState::none));
    if (!row.taken) continue;
    t.server(kAck, 0, 4);
    CHECK(t.read(kToServer) == "bye");
  }
}

TEST_CASE("tcp session: a SYN|ACK seen first turns the flow round") {
  StreamSettings settings;
  settings.midstream = true;
  TcpConversation t{settings};
  t.next.reversed();  // the flow was made by the server's packet, so its direction says to_server
  const auto first = t.session().on_segment(t.next.tcp(kSynAck, 4999, 1000).get(), kToServer);
  CHECK(first.in_session);
  CHECK(t.session().take_swapped());
  CHECK_FALSE(t.session().take_swapped());
  t.next = PacketBuilder{};
  CHECK(t.client(kAck, 0, 0).became_established);
  t.client(kAck, 0, 0, "hi");
  t.server(kAck, 0, 2);
  CHECK(t.read(kToServer) == "hi");
  CHECK(t.session().flags(kToClient) == (kSynAck | kAck));
}

TEST_CASE("tcp session: segments without SYN, ACK or RST are not taken") {
  TcpConversation t;
  t.handshake();
  for (const std::uint8_t flags : {std::uint8_t{0}, kPsh, kUrg, kFin}) {
    CAPTURE(int{flags});
    CHECK(t.client(flags, 0, 0, "decoy").invalid);
  }
  t.client(kAck, 0, 0, "truth");
  t.server(kAck, 0, 5);
  CHECK(t.read(kToServer) == "truth");
  CHECK(t.session().state() == TcpState::established);
}

TEST_CASE("tcp session: one side alone is enough in async-oneside mode") {
  StreamSettings settings;
  settings.async_oneside = true;
  TcpConversation t{settings};
  t.client(kSyn, -1, 0);
  t.client(kAck, 0, 0);
  CHECK(t.session().state() == TcpState::established);
  CHECK(t.client(kAck, 0, 0, "one").app_update[0]);
  t.client(kAck, 3, 50, "two");
  CHECK(t.read(kToServer) == "onetwo");
  TcpConversation wrong{settings};
  wrong.client(kSyn, -1, 0);
  CHECK(wrong.client(kAck, 700, 0).invalid);
  CHECK(wrong.noted(Anomaly::stream_3whs_async_wrong_seq));
}

TEST_CASE("tcp session: a SYN with new numbers on a finished connection is reuse, on an open one it is not") {
  const auto syn = [](std::uint32_t sequence) { return PacketBuilder{}.tcp(kSyn, sequence, 0); };
  TcpConversation t;
  CHECK(TcpSession::is_reuse(t.session(), syn(1).get(), kToServer));
  t.handshake();
  CHECK_FALSE(TcpSession::is_reuse(t.session(), syn(77777).get(), kToServer));
  t.client(kAck | kFin, 0, 0);
  t.server(kAck | kFin, 0, 1);
  t.client(kAck, 1, 1);
  CHECK(TcpSession::is_reuse(t.session(), syn(77777).get(), kToServer));
  CHECK_FALSE(TcpSession::is_reuse(t.session(), syn(999).get(), kToServer));
  CHECK_FALSE(TcpSession::is_reuse(t.session(), PacketBuilder{}.tcp(kAck, 9, 9).get(), kToServer));
}

TEST_CASE("tcp session: a FIN that the other side does not have leaves the connection to go on") {
  const auto syn = [](std::uint32_t sequence) { return PacketBuilder{}.tcp(kSyn, sequence, 0); };
  for (const bool prevent : {false, true}) {
    CAPTURE(prevent);
    TcpConversation t{inline_settings(prevent)};
    t.handshake();
    t.client(kAck | kFin, 4, 0);
    CHECK_FALSE(TcpSession::is_reuse(t.session(), syn(77777).get(), kToServer));
    t.client(kAck, 0, 0, "data");
    CHECK(TcpSession::is_reuse(t.session(), syn(77777).get(), kToServer) != prevent);
    CHECK_FALSE(TcpSession::is_reuse(t.session(), syn(77777).get(), kToClient));
    t.server(kAck, 0, 5);
    CHECK(TcpSession::is_reuse(t.session(), syn(77777).get(), kToServer));
  }
}

TEST_CASE("tcp session: flow states follow the connection's") {
  CHECK(flow_state(TcpState::syn_recv) == FlowState::fresh);
  CHECK(flow_state(TcpState::close_wait) == FlowState::established);
  CHECK(flow_state(TcpState::fin_wait2) == FlowState::established);
  CHECK(flow_state(TcpState::last_ack) == FlowState::closed);
  CHECK(flow_state(TcpState::time_wait) == FlowState::closed);
  CHECK(to_string(TcpState::close_wait) == "close_wait");
}

}  // namespace
}  // namespace weir::engine
