{{/* The name of the chart. */}}
{{- define "hearth.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* What the names of all objects begin with. */}}
{{- define "hearth.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{/* Labels of every object. */}}
{{- define "hearth.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "hearth.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Labels by which objects are found. */}}
{{- define "hearth.selectorLabels" -}}
app.kubernetes.io/name: {{ include "hearth.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* Labels by which the operator's pods are found. */}}
{{- define "hearth.controller.selectorLabels" -}}
{{ include "hearth.selectorLabels" . }}
app.kubernetes.io/component: controller
{{- end }}

{{/* The names of the operator's deployment and of what belongs to it. */}}
{{- define "hearth.controller.name" -}}
{{ include "hearth.fullname" . }}-controller
{{- end }}

{{/* The name of the operator's service account. */}}
{{- define "hearth.controller.serviceAccountName" -}}
{{- if .Values.controller.serviceAccount.create }}
{{- default (include "hearth.controller.name" .) .Values.controller.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.controller.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* The image. */}}
{{- define "hearth.image" -}}
{{- $tag := default .Chart.AppVersion .Values.image.tag }}
{{- if .Values.image.registry }}
{{- printf "%s/%s:%s" .Values.image.registry .Values.image.repository $tag }}
{{- else }}
{{- printf "%s:%s" .Values.image.repository $tag }}
{{- end }}
{{- end }}

{{/* A duration as Go writes it, in seconds. */}}
{{- define "hearth.seconds" -}}
{{- $units := dict "h" 3600.0 "m" 60.0 "s" 1.0 "ms" 1e-3 "us" 1e-6 "µs" 1e-6 "ns" 1e-9 }}
{{- $seconds := 0.0 }}
{{- range regexFindAll "[0-9.]+[^0-9.]+" . -1 }}
{{- $seconds = addf $seconds (mulf (regexFind "[0-9.]+" . | float64) (get $units (regexFind "[^0-9.]+" .))) }}
{{- end }}
{{- $seconds }}
{{- end }}

{{/* The namespaces that are named, as a JSON list. */}}
{{- define "hearth.namespaces" -}}
{{- without (.Values.spark.jobNamespaces | default list) "" | uniq | toJson }}
{{- end }}

{{/* "true" if the operator serves namespaces that are not named. */}}
{{- define "hearth.clusterWide" -}}
{{- if or .Values.spark.jobNamespaceSelector (has "" .Values.spark.jobNamespaces) (empty .Values.spark.jobNamespaces) }}true{{ end }}
{{- end }}

{{/* Where the test of the release runs: in a namespace that is served for sure; nowhere if they are only known by their labels. */}}
{{- define "hearth.testNamespace" -}}
{{- $named := include "hearth.namespaces" . | fromJsonArray }}
{{- if $named }}{{ first $named }}{{ else if not .Values.spark.jobNamespaceSelector }}{{ .Release.Namespace }}{{ end }}
{{- end }}

{{/* What the operator may do in the namespaces that it serves. */}}
{{- define "hearth.controller.rules" -}}
# The applications, and what becomes of them. Deletion is for those whose time to live is over.
- apiGroups: [sparkoperator.k8s.io]
  resources: [sparkapplications]
  verbs: [get, list, watch, delete]
- apiGroups: [sparkoperator.k8s.io]
  resources: [scheduledsparkapplications, sparkconnects]
  verbs: [get, list, watch]
- apiGroups: [sparkoperator.k8s.io]
  resources: [sparkapplications/status, scheduledsparkapplications/status, sparkconnects/status]
  verbs: [get, patch, update]
# The executors that are wanted. Drivers may be given the right to scale one pool, which the operator must have to give it.
- apiGroups: [hearth.dev]
  resources: [executorpools]
  verbs: [get, list, watch, create, patch, update, delete]
- apiGroups: [hearth.dev]
  resources: [executorpools/status, executorpools/scale]
  verbs: [get, patch, update]
# Owners that must not go before what they own, where the cluster checks the right to say so.
- apiGroups: [sparkoperator.k8s.io]
  resources: [sparkapplications/finalizers]
  verbs: [update]
- apiGroups: [hearth.dev]
  resources: [executorpools/finalizers]
  verbs: [update]
# The pods of drivers and executors.
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch, create, patch, delete, deletecollection]
# What goes with them.
- apiGroups: [""]
  resources: [secrets, configmaps, serviceaccounts]
  verbs: [get, create, patch, update, delete]
- apiGroups: [rbac.authorization.k8s.io]
  resources: [roles, rolebindings]
  verbs: [get, create, patch, update, delete]
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies]
  verbs: [get, create, patch, update, delete]
# A new run waits until the services of the last one are gone, whatever they are called.
- apiGroups: [""]
  resources: [services]
  verbs: [get, list, create, patch, update, delete, deletecollection]
- apiGroups: [networking.k8s.io]
  resources: [ingresses]
  verbs: [get, list, create, patch, update, delete, deletecollection]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [get, create, patch, update, delete]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- if .Values.controller.batchScheduler.enable }}
# Groups of pods that batch schedulers place together.
- apiGroups: [scheduling.volcano.sh, scheduling.x-k8s.io]
  resources: [podgroups]
  verbs: [get, create, patch, update, delete]
{{- end }}
{{- end }}

{{/* Labels and annotations of the operator's roles and bindings. */}}
{{- define "hearth.controller.rbacMetadata" -}}
labels:
  {{- include "hearth.labels" . | nindent 2 }}
  app.kubernetes.io/component: controller
{{- with .Values.controller.rbac.annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
