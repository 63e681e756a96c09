// What users of the official JavaScript client do. Arguments: a kubeconfig, a running pod to exec into.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { PassThrough } from 'node:stream';

// The client lies where `cargo xtask test` installed it, not beside this file.
const require = createRequire(process.env.SKIFF_TEST_NODE_MODULES + '/');
const k8s = await import(require.resolve('@kubernetes/client-node'));

const [kubeconfig, pod] = process.argv.slice(2);
const namespace = 'default';
const config = new k8s.KubeConfig();
config.loadFromFile(kubeconfig);
const core = config.makeApiClient(k8s.CoreV1Api);
const apps = config.makeApiClient(k8s.AppsV1Api);
const objects = k8s.KubernetesObjectApi.makeApiClient(config);
const made = { labelSelector: 'made-by=javascript' };
const as = (strategy) => k8s.setHeaderOptions('Content-Type', strategy);

const steps = {
    async create() {
        for (let number = 0; number < 5; number++) {
            const metadata = { name: `javascript-${number}`, labels: { 'made-by': 'javascript' } };
            await core.createNamespacedConfigMap({ namespace, body: { metadata, data: { n: `${number}` } } });
        }
    },
    async list() {
        const names = [];
        let page;
        do {
            const _continue = page?.metadata._continue;
            page = await core.listNamespacedConfigMap({ namespace, ...made, limit: 2, _continue });
            names.push(...page.items.map((item) => item.metadata.name));
        } while (page.metadata._continue);
        assert.deepEqual(names, [0, 1, 2, 3, 4].map((number) => `javascript-${number}`));
    },
    async watch() {
        const path = `/api/v1/namespaces/${namespace}/configmaps`;
        const list = () => core.listNamespacedConfigMap({ namespace, ...made });
        const informer = k8s.makeInformer(config, path, list, made.labelSelector);
        const changed = new Promise((resolve, reject) => {
            informer.on('update', resolve);
            informer.on('error', reject);
        });
        await informer.start();
        assert.equal(informer.list(namespace).length, 5);
        const body = [{ op: 'replace', path: '/data/n', value: 'changed' }];
        await core.patchNamespacedConfigMap({ namespace, name: 'javascript-3', body });
        assert.equal((await changed).data.n, 'changed');
        await informer.stop();
    },
    async patch() {
        const containers = [{ name: 'web', env: [{ name: 'A', value: '1' }] }];
        const deployment = await apps.patchNamespacedDeployment(
            { namespace, name: 'web', dryRun: 'All', body: { spec: { template: { spec: { containers } } } } },
            as(k8s.PatchStrategy.StrategicMergePatch),
        );
        const names = deployment.spec.template.spec.containers[0].env.map((env) => env.name);
        assert.ok(names.includes('GREETING') && names.includes('A'), names);
        const merged = await core.patchNamespacedConfigMap(
            { namespace, name: 'javascript-0', body: { data: { n: null, m: 'x' } } },
            as(k8s.PatchStrategy.MergePatch),
        );
        assert.deepEqual(merged.data, { m: 'x' });
    },
    async conflict() {
        const name = 'javascript-1';
        const read = await core.readNamespacedConfigMap({ namespace, name });
        await core.replaceNamespacedConfigMap({ namespace, name, body: { ...read, data: { n: 'first' } } });
        const second = { namespace, name, body: { ...read, data: { n: 'second' } } };
        await refused(409, 'Conflict', core.replaceNamespacedConfigMap(second));
    },
    async apply() {
        const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'applied', namespace }, data: { a: '1' } };
        const apply = (manager, force) =>
            objects.patch(body, undefined, undefined, manager, force, k8s.PatchStrategy.ServerSideApply);
        const applied = await apply('one', false);
        assert.deepEqual(applied.metadata.managedFields.map((entry) => entry.manager), ['one']);
        body.data = { a: '2' };
        const status = await refused(409, 'Conflict', apply('two', false));
        assert.equal(status.details.causes[0].field, '.data.a');
        assert.deepEqual((await apply('two', true)).data, { a: '2' });
    },
    async exec() {
        const [out, err] = [new PassThrough(), new PassThrough()];
        const command = ['/bin/busybox', 'sh', '-c', 'echo out; echo err >&2; exit 3'];
        const exec = new k8s.Exec(config);
        const status = await new Promise((resolve, reject) =>
            exec.exec(namespace, pod, 'web', command, out, err, null, false, resolve).catch(reject),
        );
        assert.deepEqual([`${out.read()}`, `${err.read()}`], ['out\n', 'err\n']);
        assert.equal(status.details.causes[0].message, '3');
    },
    async logs() {
        assert.equal(typeof (await core.readNamespacedPodLog({ namespace, name: pod, tailLines: 5 })), 'string');
    },
    async errors() {
        await refused(404, 'NotFound', core.readNamespacedPod({ namespace, name: 'nobody' }));
        const body = { metadata: { name: 'Not_A_Name' } };
        const status = await refused(422, 'Invalid', core.createNamespacedConfigMap({ namespace, body }));
        assert.equal(status.details.causes[0].field, 'metadata.name');
    },
    async delete() {
        await core.deleteCollectionNamespacedConfigMap({ namespace, ...made });
        assert.deepEqual((await core.listNamespacedConfigMap({ namespace, ...made })).items, []);
    },
};

// The status that a call is refused with.
async function refused(code, reason, call) {
    const error = await call.then(() => assert.fail(`expected ${code} ${reason}`), (error) => error);
    const status = typeof error.body === 'string' ? JSON.parse(error.body) : error.body;
    assert.deepEqual([error.code, status?.reason], [code, reason], `${error}`);
    return status;
}

for (const [name, step] of Object.entries(steps)) {
    await step();
    console.log(name);
}
process.exit(0);
