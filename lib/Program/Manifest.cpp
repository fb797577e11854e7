//===- Manifest.cpp - A program's parts as a protobuf message -------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Manifest.h"
#include "Program.pb.h"
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/unknown_field_set.h>
#include <limits>

using namespace plmr;
namespace pb = plmr::program::v1;

//===----------------------------------------------------------------------===//
// Packing
//===----------------------------------------------------------------------===//

template <typename List, typename Field>
static void packList(const List &list, Field *field) {
  field->Reserve(list.size());
  for (const auto &item : list)
    *field->Add() = item;
}

static void pack(const DataSource &source, pb::DataSource *to) {
  to->set_name(source.name);
  to->set_file(source.file);
  to->set_offset(source.offset);
  to->set_bytes(source.bytes);
  to->set_type(source.type);
  if (!source.table)
    return;
  pb::RopeTable *table = to->mutable_table();
  table->set_sine(source.table->sine);
  table->set_stride(source.table->stride);
  table->set_pairs(source.table->pairs);
  table->set_base(source.table->base);
}

static void pack(const Object &object, pb::Object *to) {
  to->set_name(object.name);
  to->set_kind(static_cast<uint32_t>(object.kind));
  to->set_address(object.address);
  to->set_bytes(object.bytes);
}

static void pack(const DimSplit &split, pb::DimSplit *to) {
  to->set_kind(static_cast<uint32_t>(split.kind));
  to->set_axis(static_cast<uint32_t>(split.axis));
  packList(split.factors, to->mutable_factors());
  if (split.segmentFactor)
    to->set_segment_factor(*split.segmentFactor);
  to->set_inner_factor(split.innerFactor);
  to->set_order(static_cast<uint32_t>(split.order));
}

static void pack(const Tensor &tensor, pb::Tensor *to) {
  to->set_name(tensor.name);
  to->set_type(static_cast<uint32_t>(tensor.type));
  for (const DimSplit &split : tensor.placement.dims)
    pack(split, to->add_dims());
  packList(tensor.placement.order, to->mutable_order());
  to->set_pad(static_cast<uint32_t>(tensor.placement.pad));
  to->set_object(tensor.object);
  for (const DataSource &source : tensor.sources)
    pack(source, to->add_sources());
  to->set_stacked(tensor.stacked);
  packList(tensor.sourceOrder, to->mutable_source_order());
  if (tensor.mesh) {
    to->set_columns(tensor.mesh->columns);
    to->set_rows(tensor.mesh->rows);
  }
}

static void pack(const Constant &constant, pb::Constant *to) {
  to->set_name(constant.name);
  to->set_kind(static_cast<uint32_t>(constant.kind));
  packList(constant.values, to->mutable_values());
}

static void pack(const CoreClass &cls, pb::CoreClass *to) {
  to->set_name(cls.name);
  to->set_instructions(cls.code.size());
  packList(cls.locations, to->mutable_locations());
}

static void pack(const RouteTable &table, pb::RouteTable *to) {
  for (const std::vector<Route> &routes : table.classes) {
    pb::RouterClass *cls = to->add_classes();
    for (const Route &route : routes) {
      pb::Route *packed = cls->add_routes();
      packed->set_colour(route.colour);
      packed->set_input(static_cast<uint32_t>(route.input));
      packed->set_outputs(route.outputs);
    }
  }
  packList(table.classOf, to->mutable_class_of());
}

static void pack(const Launch &launch, pb::Launch *to) {
  to->set_name(launch.name);
  packList(launch.parameters, to->mutable_parameters());
  packList(launch.entry, to->mutable_entry());
  to->set_route_table(launch.routeTable);
  packList(launch.inputs, to->mutable_inputs());
  packList(launch.outputs, to->mutable_outputs());
}

static void pack(const ChannelInfo &channel, pb::Channel *to) {
  to->set_name(channel.name);
  to->set_relation(channel.relation);
  packList(channel.colours, to->mutable_colours());
  to->set_max_hops(channel.maxHops);
}

static void pack(const OperationInfo &operation, pb::Operation *to) {
  to->set_name(operation.name);
  to->set_algorithm(operation.algorithm);
  to->set_bytes_per_core(operation.bytesPerCore);
  to->set_max_hops(operation.maxHops);
  packList(operation.colours, to->mutable_colours());
}

static void pack(const ModelInfo &model, pb::Model *to) {
  to->set_architecture(model.architecture);
  to->set_name(model.name);
  to->set_vocab_size(model.vocabSize);
  to->set_context_length(model.contextLength);
  to->set_embedding_length(model.embeddingLength);
  pack(model.embedding, to->mutable_embedding());
  to->set_tokenizer_model(model.tokenizerModel);
  packList(model.tokens, to->mutable_tokens());
  packList(model.scores, to->mutable_scores());
  packList(model.tokenTypes, to->mutable_token_types());
  to->set_bos_id(model.bosId);
  to->set_eos_id(model.eosId);
  to->set_unknown_id(model.unknownId);
  to->set_add_bos(model.addBos);
  to->set_add_eos(model.addEos);
  to->set_add_space_prefix(model.addSpacePrefix);
  to->set_kv_placement(static_cast<uint32_t>(model.kvPlacement));
}

template <typename List, typename Field>
static void packAll(const List &list, Field *field) {
  for (const auto &item : list)
    pack(item, field->Add());
}

std::string plmr::packManifest(const Program &program) {
  pb::Manifest manifest;
  manifest.set_machine(printMachine(program.machine));
  manifest.set_columns(program.mesh.columns);
  manifest.set_rows(program.mesh.rows);
  packAll(program.objects, manifest.mutable_objects());
  packAll(program.tensors, manifest.mutable_tensors());
  packAll(program.constants, manifest.mutable_constants());
  packAll(program.classes, manifest.mutable_classes());
  packList(program.classOf, manifest.mutable_class_of());
  packAll(program.routeTables, manifest.mutable_route_tables());
  packAll(program.launches, manifest.mutable_launches());
  packAll(program.channels, manifest.mutable_channels());
  packAll(program.operations, manifest.mutable_operations());
  packList(program.locations, manifest.mutable_locations());
  packList(program.files, manifest.mutable_files());
  if (program.model)
    pack(*program.model, manifest.mutable_model());
  for (const auto &[key, value] : program.metadata) {
    pb::Metadata *entry = manifest.add_metadata();
    entry->set_key(key);
    entry->set_value(value);
  }

  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  manifest.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

//===----------------------------------------------------------------------===//
// Unpacking
//===----------------------------------------------------------------------===//

namespace {

/// Converts a manifest; the first value out of range sticks.
class Unpacker {
public:
  template <typename T>
  void narrow(uint64_t value, T &to, const char *what,
              uint64_t limit = std::numeric_limits<T>::max()) {
    if (value > limit && message.empty())
      message = llvm::formatv("{0} {1} is out of range", what, value);
    to = static_cast<T>(value);
  }
  template <typename T>
  void enumerator(uint32_t value, T &to, const char *what, T last) {
    uint8_t number = 0;
    narrow(value, number, what, static_cast<uint64_t>(last));
    to = static_cast<T>(number);
  }
  template <typename Field, typename List>
  void list(const Field &field, List &to) {
    to.assign(field.begin(), field.end());
  }
  template <typename Field, typename T>
  void narrowList(const Field &field, std::vector<T> &to, const char *what) {
    to.reserve(field.size());
    for (uint32_t value : field)
      narrow(value, to.emplace_back(), what);
  }
  template <typename Field, typename T>
  void all(const Field &field, std::vector<T> &to) {
    to.reserve(field.size());
    for (const auto &item : field)
      unpack(item, to.emplace_back());
  }

  void unpack(const pb::DataSource &from, DataSource &source);
  void unpack(const pb::Object &from, Object &object);
  void unpack(const pb::DimSplit &from, DimSplit &split);
  void unpack(const pb::Tensor &from, Tensor &tensor);
  void unpack(const pb::Constant &from, Constant &constant);
  void unpack(const pb::CoreClass &from, CoreClass &cls);
  void unpack(const pb::RouterClass &from, std::vector<Route> &routes);
  void unpack(const pb::RouteTable &from, RouteTable &table);
  void unpack(const pb::Launch &from, Launch &launch);
  void unpack(const pb::Channel &from, ChannelInfo &channel);
  void unpack(const pb::Operation &from, OperationInfo &operation);
  void unpack(const pb::Model &from, ModelInfo &model);
  void unpack(const pb::Manifest &from, Program &program);

  std::string message;
};

} // namespace

void Unpacker::unpack(const pb::DataSource &from, DataSource &source) {
  source.name = from.name();
  source.file = from.file();
  source.offset = from.offset();
  source.bytes = from.bytes();
  source.type = from.type();
  if (from.has_table())
    source.table = RopeTable{from.table().sine(), from.table().stride(),
                             from.table().pairs(), from.table().base()};
}

void Unpacker::unpack(const pb::Object &from, Object &object) {
  object.name = from.name();
  enumerator(from.kind(), object.kind, "object kind", Object::Kind::Code);
  object.address = from.address();
  object.bytes = from.bytes();
}

void Unpacker::unpack(const pb::DimSplit &from, DimSplit &split) {
  enumerator(from.kind(), split.kind, "split kind", DimSplit::Kind::Batch);
  enumerator(from.axis(), split.axis, "axis", Axis::Y);
  list(from.factors(), split.factors);
  if (from.has_segment_factor())
    split.segmentFactor = from.segment_factor();
  split.innerFactor = from.inner_factor();
  enumerator(from.order(), split.order, "order of blocks", BlockOrder::Ring);
}

void Unpacker::unpack(const pb::Tensor &from, Tensor &tensor) {
  tensor.name = from.name();
  enumerator(from.type(), tensor.type, "element type", ElementType::I32);
  for (const pb::DimSplit &split : from.dims())
    unpack(split, tensor.placement.dims.emplace_back());
  list(from.order(), tensor.placement.order);
  enumerator(from.pad(), tensor.placement.pad, "pad value", PadValue::Any);
  tensor.object = from.object();
  all(from.sources(), tensor.sources);
  tensor.stacked = from.stacked();
  list(from.source_order(), tensor.sourceOrder);
  if (from.columns() != 0 || from.rows() != 0)
    tensor.mesh = MeshShape{from.columns(), from.rows()};
}

void Unpacker::unpack(const pb::Constant &from, Constant &constant) {
  constant.name = from.name();
  enumerator(from.kind(), constant.kind, "constant kind",
             Constant::Kind::ByCore);
  list(from.values(), constant.values);
}

void Unpacker::unpack(const pb::CoreClass &from, CoreClass &cls) {
  cls.name = from.name();
  list(from.locations(), cls.locations);
}

void Unpacker::unpack(const pb::RouterClass &from, std::vector<Route> &routes) {
  for (const pb::Route &packed : from.routes()) {
    Route &route = routes.emplace_back();
    narrow(packed.colour(), route.colour, "colour");
    enumerator(packed.input(), route.input, "port", Port::Ramp);
    narrow(packed.outputs(), route.outputs, "set of ports");
  }
}

void Unpacker::unpack(const pb::RouteTable &from, RouteTable &table) {
  for (const pb::RouterClass &cls : from.classes())
    unpack(cls, table.classes.emplace_back());
  narrowList(from.class_of(), table.classOf, "router class");
}

void Unpacker::unpack(const pb::Launch &from, Launch &launch) {
  launch.name = from.name();
  list(from.parameters(), launch.parameters);
  list(from.entry(), launch.entry);
  launch.routeTable = from.route_table();
  list(from.inputs(), launch.inputs);
  list(from.outputs(), launch.outputs);
}

void Unpacker::unpack(const pb::Channel &from, ChannelInfo &channel) {
  channel.name = from.name();
  channel.relation = from.relation();
  list(from.colours(), channel.colours);
  channel.maxHops = from.max_hops();
}

void Unpacker::unpack(const pb::Operation &from, OperationInfo &operation) {
  operation.name = from.name();
  operation.algorithm = from.algorithm();
  operation.bytesPerCore = from.bytes_per_core();
  operation.maxHops = from.max_hops();
  list(from.colours(), operation.colours);
}

void Unpacker::unpack(const pb::Model &from, ModelInfo &model) {
  model.architecture = from.architecture();
  model.name = from.name();
  model.vocabSize = from.vocab_size();
  model.contextLength = from.context_length();
  model.embeddingLength = from.embedding_length();
  unpack(from.embedding(), model.embedding);
  model.tokenizerModel = from.tokenizer_model();
  list(from.tokens(), model.tokens);
  list(from.scores(), model.scores);
  list(from.token_types(), model.tokenTypes);
  model.bosId = from.bos_id();
  model.eosId = from.eos_id();
  model.unknownId = from.unknown_id();
  model.addBos = from.add_bos();
  model.addEos = from.add_eos();
  model.addSpacePrefix = from.add_space_prefix();
  enumerator(from.kv_placement(), model.kvPlacement, "placement of a cache",
             KVPlacement::Concat);
}

void Unpacker::unpack(const pb::Manifest &from, Program &program) {
  program.mesh = {from.columns(), from.rows()};
  all(from.objects(), program.objects);
  all(from.tensors(), program.tensors);
  all(from.constants(), program.constants);
  all(from.classes(), program.classes);
  narrowList(from.class_of(), program.classOf, "core class");
  all(from.route_tables(), program.routeTables);
  all(from.launches(), program.launches);
  all(from.channels(), program.channels);
  all(from.operations(), program.operations);
  list(from.locations(), program.locations);
  list(from.files(), program.files);
  if (from.has_model())
    unpack(from.model(), program.model.emplace());
  for (const pb::Metadata &entry : from.metadata())
    if (!program.metadata.emplace(entry.key(), entry.value()).second &&
        message.empty())
      message = "metadata key '" + entry.key() + "' stands there twice";
}

/// Whether the message or one inside it has fields this version does not know.
static bool hasUnknownFields(const google::protobuf::Message &message) {
  const google::protobuf::Reflection *reflection = message.GetReflection();
  if (!reflection->GetUnknownFields(message).empty())
    return true;
  std::vector<const google::protobuf::FieldDescriptor *> fields;
  reflection->ListFields(message, &fields);
  for (const google::protobuf::FieldDescriptor *field : fields) {
    if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE)
      continue;
    if (!field->is_repeated()) {
      if (hasUnknownFields(reflection->GetMessage(message, field)))
        return true;
      continue;
    }
    for (int i = 0, e = reflection->FieldSize(message, field); i != e; ++i)
      if (hasUnknownFields(reflection->GetRepeatedMessage(message, field, i)))
        return true;
  }
  return false;
}

llvm::Expected<Program>
plmr::unpackManifest(llvm::StringRef bytes, llvm::StringRef origin,
                     std::vector<uint32_t> &instructions) {
  pb::Manifest manifest;
  if (bytes.size() > size_t(std::numeric_limits<int>::max()) ||
      !manifest.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return makeError("{0}: the manifest is damaged", origin);
  if (hasUnknownFields(manifest))
    return makeError("{0}: the manifest has fields that this version does not "
                     "know",
                     origin);
  llvm::Expected<Machine> machine =
      parseMachine(manifest.machine(), origin.str() + ": device");
  if (!machine)
    return machine.takeError();
  Program program;
  program.machine = std::move(*machine);
  Unpacker unpacker;
  unpacker.unpack(manifest, program);
  if (!unpacker.message.empty())
    return makeError("{0}: {1}", origin, unpacker.message);
  for (const pb::CoreClass &cls : manifest.classes())
    instructions.push_back(cls.instructions());
  return program;
}
