"""What users of the official Python client do. Arguments: a kubeconfig, a running pod to exec into."""

import json
import sys
import threading

from kubernetes import client, config, dynamic, watch
from kubernetes.client.exceptions import ApiException
from kubernetes.stream import stream

NAMESPACE = "default"
kubeconfig, pod = sys.argv[1:]
config.load_kube_config(kubeconfig)
core = client.CoreV1Api()
apps = client.AppsV1Api()


def create():
    for number in range(5):
        meta = client.V1ObjectMeta(name=f"python-{number}", labels={"made-by": "python"})
        core.create_namespaced_config_map(NAMESPACE, client.V1ConfigMap(metadata=meta, data={"n": str(number)}))


def list_():
    page = core.list_namespaced_config_map(NAMESPACE, label_selector="made-by=python", limit=2)
    names = [item.metadata.name for item in page.items]
    while page.metadata._continue:
        page = core.list_namespaced_config_map(
            NAMESPACE, label_selector="made-by=python", limit=2, _continue=page.metadata._continue
        )
        names += [item.metadata.name for item in page.items]
    assert names == [f"python-{number}" for number in range(5)], names
    pods = core.list_pod_for_all_namespaces(field_selector=f"metadata.name={pod}")
    assert [item.status.phase for item in pods.items] == ["Running"], pods


def watch_():
    version = core.list_namespaced_config_map(NAMESPACE).metadata.resource_version
    change = {"data": {"n": "changed"}}
    writer = threading.Thread(target=core.patch_namespaced_config_map, args=("python-3", NAMESPACE, change))
    writer.start()
    watcher = watch.Watch()
    events = watcher.stream(
        core.list_namespaced_config_map, NAMESPACE, resource_version=version, timeout_seconds=60
    )
    for event in events:
        assert (event["type"], event["object"].metadata.name) == ("MODIFIED", "python-3"), event
        assert event["object"].data == {"n": "changed"}
        watcher.stop()
    writer.join()


def patch():
    named = {"spec": {"template": {"spec": {"containers": [{"name": "web", "env": [{"name": "A", "value": "1"}]}]}}}}
    deployment = apps.patch_namespaced_deployment("web", NAMESPACE, named, dry_run="All")
    container = deployment.spec.template.spec.containers[0]
    assert container.image and {"GREETING", "A"} <= {env.name for env in container.env}, container
    operations = [{"op": "test", "path": "/data/n", "value": "0"}, {"op": "replace", "path": "/data/n", "value": "j"}]
    assert core.patch_namespaced_config_map("python-0", NAMESPACE, operations).data == {"n": "j"}
    merged = core.patch_namespaced_config_map(
        "python-0", NAMESPACE, {"data": {"n": None, "m": "x"}}, _content_type="application/merge-patch+json"
    )
    assert merged.data == {"m": "x"}, merged
    scale = apps.patch_namespaced_deployment_scale("web", NAMESPACE, {"spec": {"replicas": 2}})
    assert scale.spec.replicas == 2


def conflict():
    read = core.read_namespaced_config_map("python-1", NAMESPACE)
    read.data["n"] = "first"
    core.replace_namespaced_config_map("python-1", NAMESPACE, read)
    read.data["n"] = "second"
    refused(409, "Conflict", core.replace_namespaced_config_map, "python-1", NAMESPACE, read)


def apply():
    maps = dynamic.DynamicClient(client.ApiClient()).resources.get(api_version="v1", kind="ConfigMap")
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "applied"}, "data": {"a": "1"}}
    applied = maps.server_side_apply(body=body, name="applied", namespace=NAMESPACE, field_manager="one")
    assert [entry.manager for entry in applied.metadata.managedFields] == ["one"], applied
    body["data"] = {"a": "2"}
    again = dict(body=body, name="applied", namespace=NAMESPACE, field_manager="two")
    status = refused(409, "Conflict", maps.server_side_apply, **again)
    assert status["details"]["causes"][0]["field"] == ".data.a", status
    forced = maps.server_side_apply(force_conflicts=True, **again)
    assert forced.data.to_dict() == {"a": "2"}, forced


def exec_():
    said = stream(
        core.connect_get_namespaced_pod_exec, pod, NAMESPACE,
        command=["/bin/busybox", "sh", "-c", "echo out; echo err >&2; exit 3"],
        stdin=False, stdout=True, stderr=True, tty=False, _preload_content=False,
    )
    said.run_forever(timeout=60)
    assert (said.read_stdout(), said.read_stderr(), said.returncode) == ("out\n", "err\n", 3)


def logs():
    assert isinstance(core.read_namespaced_pod_log(pod, NAMESPACE, tail_lines=5), str)


def errors():
    refused(404, "NotFound", core.read_namespaced_pod, "nobody", NAMESPACE)
    broken = {"metadata": {"name": "Not_A_Name"}}
    status = refused(422, "Invalid", core.create_namespaced_config_map, NAMESPACE, broken)
    assert status["details"]["causes"][0]["field"] == "metadata.name", status


def delete():
    options = client.V1DeleteOptions(propagation_policy="Background")
    core.delete_collection_namespaced_config_map(NAMESPACE, label_selector="made-by=python", body=options)
    assert not core.list_namespaced_config_map(NAMESPACE, label_selector="made-by=python").items


def refused(code, reason, call, *args, **kwargs):
    """The status that a call is refused with."""
    try:
        call(*args, **kwargs)
    except ApiException as error:
        status = json.loads(error.body)
        assert (error.status, status["reason"]) == (code, reason), error
        return status
    except dynamic.exceptions.DynamicApiError as error:
        status = json.loads(error.body)
        assert (error.status, status["reason"]) == (code, reason), error
        return status
    raise AssertionError(f"expected {code} {reason}")


for step in [create, list_, watch_, patch, conflict, apply, exec_, logs, errors, delete]:
    step()
    print(step.__name__.rstrip("_"), flush=True)
