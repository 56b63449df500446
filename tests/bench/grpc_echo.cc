// grpc_echo.cc: the reference of the echo figures: gRPC C++ (Debian's libgrpc++), asynchronous, one completion-queue
// thread on each side, the same message, a unix socket or tcp on loopback. It has no authorisation and no request ids.
// With BENCH_TLS=DIR it speaks TLS: DIR/key.pem and DIR/cert.pem, a certificate for "localhost" that both sides know.
//
//	grpc_echo server ADDRESS [CALLS]       until killed, or until it has answered CALLS
//	grpc_echo client ADDRESS IN_FLIGHT SECONDS [WARM_SECONDS]
//	                                       prints calls/s, p50 and p99 in microseconds, errors
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "hearth/bench/v1/bench.grpc.pb.h"

using hearth::bench::v1::Bench;
using hearth::bench::v1::EchoRequest;
using hearth::bench::v1::EchoResponse;

namespace {

int64_t mono_us()
{
	return std::chrono::duration_cast<std::chrono::microseconds>(
		std::chrono::steady_clock::now().time_since_epoch()).count();
}

// ---- credentials ----

std::string read_all(const char *directory, const char *name)
{
	std::ifstream file(std::string(directory) + name);
	return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

std::shared_ptr<grpc::ServerCredentials> server_credentials()
{
	const char *directory = std::getenv("BENCH_TLS");
	if (!directory)
		return grpc::InsecureServerCredentials();
	grpc::SslServerCredentialsOptions options;
	options.pem_key_cert_pairs.push_back({ read_all(directory, "/key.pem"), read_all(directory, "/cert.pem") });
	return grpc::SslServerCredentials(options);
}

std::shared_ptr<grpc::Channel> open_channel(const std::string &address)
{
	const char *directory = std::getenv("BENCH_TLS");
	if (!directory)
		return grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
	grpc::SslCredentialsOptions options;
	options.pem_root_certs = read_all(directory, "/cert.pem");
	grpc::ChannelArguments arguments;
	arguments.SetSslTargetNameOverride("localhost");
	return grpc::CreateCustomChannel(address, grpc::SslCredentials(options), arguments);
}

// ---- server ----

struct Served {
	Bench::AsyncService *service;
	grpc::ServerCompletionQueue *queue;
	grpc::ServerContext context;
	EchoRequest request;
	grpc::ServerAsyncResponseWriter<EchoResponse> writer;
	bool answered = false;

	Served(Bench::AsyncService *service_, grpc::ServerCompletionQueue *queue_)
		: service(service_), queue(queue_), writer(&context)
	{
		service->RequestEcho(&context, &request, &writer, queue, queue, this);
	}

	void proceed()
	{
		if (answered) {
			delete this;
			return;
		}
		new Served(service, queue);
		EchoResponse response;
		response.set_id(request.id());
		response.set_time(request.time());
		response.set_subject(request.subject());
		response.set_key(request.key());
		response.set_kind(request.kind());
		response.set_payload(request.payload());
		answered = true;
		writer.Finish(response, grpc::Status::OK, this);
	}
};

int serve(const std::string &address, int64_t most)
{
	Bench::AsyncService service;
	grpc::ServerBuilder builder;
	builder.AddListeningPort(address, server_credentials());
	builder.RegisterService(&service);
	auto queue = builder.AddCompletionQueue();
	auto server = builder.BuildAndStart();
	if (!server) {
		std::fprintf(stderr, "cannot listen on %s\n", address.c_str());
		return 1;
	}
	for (int i = 0; i < 256; i++)
		new Served(&service, queue.get());
	void *tag;
	bool ok;
	int64_t finished = 0;
	while ((most == 0 || finished < most * 2) && queue->Next(&tag, &ok)) {
		if (ok)
			static_cast<Served *>(tag)->proceed();
		finished++;
	}
	std::_Exit(0);
}

// ---- client ----

struct Called {
	grpc::ClientContext context;
	EchoResponse response;
	grpc::Status status;
	std::unique_ptr<grpc::ClientAsyncResponseReader<EchoResponse>> reader;
	int64_t sent_us;
};

void send(Bench::Stub &stub, grpc::CompletionQueue &queue, int64_t number)
{
	EchoRequest request;
	request.set_id(number);
	request.set_time(mono_us());
	request.set_subject("placement/measured-thing");
	request.set_key("0190b3c2-7d1e-7abc-8def-0123456789ab");
	request.set_kind(3);
	request.set_payload(std::string(96, 'a'));
	auto *call = new Called;
	call->context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(5));
	call->sent_us = mono_us();
	call->reader = stub.AsyncEcho(&call->context, request, &queue);
	call->reader->Finish(&call->response, &call->status, call);
}

int load(const std::string &address, int in_flight, double seconds, double warm)
{
	auto channel = open_channel(address);
	if (!channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(10))) {
		std::fprintf(stderr, "nobody answers at %s\n", address.c_str());
		return 1;
	}
	auto stub = Bench::NewStub(channel);
	grpc::CompletionQueue queue;
	std::vector<uint32_t> samples;
	samples.reserve(1000000);
	int64_t from = mono_us() + static_cast<int64_t>(warm * 1e6), stop = from + static_cast<int64_t>(seconds * 1e6);
	int64_t errors = 0, number = 0;
	int out = in_flight;
	for (int i = 0; i < in_flight; i++)
		send(*stub, queue, number++);
	void *tag;
	bool ok;
	while (out > 0 && queue.Next(&tag, &ok)) {
		auto *call = static_cast<Called *>(tag);
		int64_t now = mono_us();
		if (!ok || !call->status.ok())
			errors++;
		else if (now >= from && now < stop)
			samples.push_back(static_cast<uint32_t>(now - call->sent_us));
		delete call;
		if (now < stop)
			send(*stub, queue, number++);
		else
			out--;
	}
	std::sort(samples.begin(), samples.end());
	size_t count = samples.size();
	std::printf("%.0f %u %u %lld\n", static_cast<double>(count) / seconds, count ? samples[count / 2] : 0,
	            count ? samples[count * 99 / 100] : 0, static_cast<long long>(errors));
	return count == 0;
}

}  // namespace

int main(int argc, char **argv)
{
	if (argc >= 3 && std::strcmp(argv[1], "server") == 0)
		return serve(argv[2], argc > 3 ? std::atoll(argv[3]) : 0);
	if (argc >= 5 && std::strcmp(argv[1], "client") == 0)
		return load(argv[2], std::atoi(argv[3]), std::atof(argv[4]), argc > 5 ? std::atof(argv[5]) : 0.3);
	std::fprintf(stderr, "usage: grpc_echo server ADDRESS [CALLS] | client ADDRESS IN_FLIGHT SECONDS [WARM_SECONDS]\n");
	return 2;
}
